import type { EventOf, MarketSymbol, Plain } from '@tapeloom/core'
import type { ModelTraining } from '../step/model-training.ts'
import type { ReferenceLedger } from '../reference/reference-ledger.ts'
import type { ReferenceTable } from '../reference/reference-table.ts'
import type { Occasion, SampleIntake } from './sample-intake.ts'
import type { SubscriberList } from './subscriber-list.ts'

/** A target that did not come is waited for this many candles after its close. */
const PATIENCE = 2

type CandleEvent = EventOf<'candle:close'>
type PivotEvent = EventOf<'pivot:confirm'>

/** Finds the references that a close or a pivot is the outcome of. O(1) a close, O(log n) a pivot. */
export class OutcomeMatcher {
  readonly #models: ReadonlyMap<string, ModelTraining>
  readonly #subscribers: SubscriberList
  readonly #ledger: ReferenceLedger
  readonly #intake: SampleIntake
  readonly #windowUs: (level: number) => number
  readonly #mostReferences: number
  /** The newest closes of each series: an inference that took longer than its target finds it here. */
  readonly #recent = new Map<string, CandleEvent[]>()
  /** Closes since the last boundary. */
  #closed: CandleEvent[] = []
  #confirmed: PivotEvent[] = []
  /** The newest sequence that a subscriber was asked about for a pivot, while references up to it are in memory. */
  readonly #delivered = new Map<string, { readonly model: string; readonly symbol: MarketSymbol; readonly through: number }>()
  /** Pivots whose window after the confirmation is not over. */
  #pivots: PivotEvent[] = []

  constructor(parts: {
    readonly models: ReadonlyMap<string, ModelTraining>; readonly subscribers: SubscriberList
    readonly ledger: ReferenceLedger; readonly intake: SampleIntake
    readonly windowUs: (level: number) => number; readonly mostReferences: number
  }) {
    this.#models = parts.models
    this.#subscribers = parts.subscribers
    this.#ledger = parts.ledger
    this.#intake = parts.intake
    this.#windowUs = parts.windowUs
    this.#mostReferences = parts.mostReferences
  }

  candle(event: CandleEvent): void {
    this.#closed.push(event)
  }
  pivot(event: PivotEvent): void {
    this.#confirmed.push(event)
  }

  /** The last phase of a symbol's boundary. */
  outcomes(symbol: MarketSymbol, time: number): void {
    const closed = this.#closed.filter((event) => event.symbol === symbol)
    if (closed.length > 0) this.#closed = this.#closed.filter((event) => event.symbol !== symbol)
    for (const event of closed) this.#remember(event)
    for (const model of this.#models.values()) {
      const table = model.tables.get(symbol)
      if (!table) continue
      const recent = this.#recent.get(`${symbol}|${model.timeframe}`) ?? []
      for (const event of recent) this.#match(model, table, event)
      this.#expire(model, table, time, recent.at(-1)?.openTime ?? -Infinity)
    }
    this.#pivotOutcomes(symbol, time)
    for (const model of this.#models.values()) this.#release(model, symbol, time)
  }

  #remember(event: CandleEvent): void {
    const list = this.#recent.get(seriesKey(event)) ?? []
    this.#recent.set(seriesKey(event), [...list.slice(-PATIENCE), event])
  }

  #match(model: ModelTraining, table: ReferenceTable, event: CandleEvent): void {
    for (let row = table.unsettled; row < table.end && table.targetOpen(row) <= event.openTime; row++) {
      if (table.isSettled(row) || table.targetOpen(row) !== event.openTime) continue
      table.setSettled(row)
      const tainted = event.taint.some((reason) => reason !== 'empty')
      const open = table.state(row) === 'open'
      if (this.#intake.weightOf(table, row, tainted) === 0) {
        if (open) this.#ledger.move(table, row, 'expired', 'tainted')
        continue
      }
      if (open) this.#ledger.move(table, row, 'matched')
      const occasion: Occasion = { kind: 'candle', id: `${seriesKey(event)}|${event.openTime}`, rows: [row], tainted, event }
      for (const subscriber of this.#subscribers.ofCandles(model.id, event.timeframe)) {
        this.#intake.ask(model, table, subscriber, occasion)
      }
    }
  }

  #expire(model: ModelTraining, table: ReferenceTable, time: number, lastOpen: number): void {
    for (let row = table.unsettled; row < table.end; row++) {
      const openTime = table.targetOpen(row)
      if (openTime + (1 + PATIENCE) * model.timeframeUs >= time) return
      if (table.isSettled(row)) continue
      table.setSettled(row)
      const reason = lastOpen > openTime ? 'gap' : 'target-missing'
      if (table.state(row) === 'open') this.#ledger.move(table, row, 'expired', reason)
    }
  }

  #pivotOutcomes(symbol: MarketSymbol, time: number): void {
    const confirmed = this.#confirmed.filter((event) => event.symbol === symbol)
    if (confirmed.length > 0) this.#confirmed = this.#confirmed.filter((event) => event.symbol !== symbol)
    for (const event of confirmed) this.#deliver(event, 'anticipation')
    this.#pivots.push(...confirmed)
    if (confirmed.length > 0) this.#forgetDelivered()
    const isOver = ({ symbol: of, confirmedAt, level }: PivotEvent): boolean =>
      of === symbol && time > confirmedAt + this.#windowUs(level)
    for (const event of this.#pivots.filter(isOver)) this.#deliver(event, 'tradable')
    this.#pivots = this.#pivots.filter((event) => !isOver(event))
  }

  #forgetDelivered(): void {
    for (const [key, { model, symbol, through }] of this.#delivered) {
      const table = this.#models.get(model)?.tables.get(symbol)
      if (!table || table.length === 0 || table.sequence(table.first) > through) this.#delivered.delete(key)
    }
  }

  #deliver(event: PivotEvent, phase: 'anticipation' | 'tradable'): void {
    for (const model of this.#models.values()) {
      const table = model.tables.get(event.symbol)
      const subscribers = this.#subscribers.ofPivots(model.id, event, phase)
      if (!table || subscribers.length === 0) continue
      model.pivotBarUs = Math.max(model.pivotBarUs, (event.confirmedAt - event.pivotTime) / (event.lagBars + 1))
      const rows = this.#around(table, event, phase)
      if (rows.length === 0) continue
      const occasion: Occasion = { kind: 'pivot', id: event.id, rows, tainted: false, event: { ...event, phase } }
      for (const subscriber of subscribers) {
        const fresh = this.#undelivered(model, table, `${model.id}|${subscriber.name}|${phase}|${event.id}`, rows)
        if (fresh.length > 0) this.#intake.ask(model, table, subscriber, { ...occasion, rows: fresh })
      }
    }
  }

  /** Rows that this subscriber was not asked about for this event: one that is confirmed again brings only new ones. */
  #undelivered(model: ModelTraining, table: ReferenceTable, key: string, rows: readonly number[]): readonly number[] {
    const before = this.#delivered.get(key)?.through ?? -Infinity
    const fresh = rows.filter((row) => table.sequence(row) > before)
    const through = Math.max(before, table.sequence(rows.at(-1)!)) // rows rise
    this.#delivered.set(key, { model: model.id, symbol: table.family.symbol, through })
    return fresh
  }

  /** References made within the window around the pivot before it was known, or within the window after that. */
  #around(table: ReferenceTable, event: PivotEvent, phase: 'anticipation' | 'tradable'): readonly number[] {
    const windowUs = this.#windowUs(event.level)
    const early = phase === 'anticipation'
    const last = (early ? event.pivotTime : event.confirmedAt) + windowUs
    const rows: number[] = []
    let row = early ? table.fromTime(event.pivotTime - windowUs) : table.fromSequence(event.sequence)
    for (; row < table.end && table.asOf(row) <= last; row++) {
      if (early && table.sequence(row) >= event.sequence) break
      const state = table.state(row)
      const usable = state !== 'expired' && state !== 'failed' && this.#intake.weightOf(table, row, false) > 0
      if (usable) rows.push(row)
    }
    return rows
  }

  /** Forgets, oldest first, what nothing will ask for again. */
  #release(model: ModelTraining, symbol: MarketSymbol, time: number): void {
    const table = model.tables.get(symbol)
    if (!table) return
    const keepUs = this.#subscribers.keepUs(model.id, model.pivotBarUs)
    while (table.length > 0 && !table.isPinned(table.first)) {
      const { first } = table
      const done = table.isSettled(first) && (keepUs === 0 || table.asOf(first) + keepUs < time)
      if (!done && table.length <= this.#mostReferences) return
      if (!done && table.state(first) === 'open') this.#ledger.move(table, first, 'expired', 'overflow')
      table.shift()
    }
  }

  snapshot(): Plain {
    const state = { recent: [...this.#recent.values()].flat(), closed: this.#closed, confirmed: this.#confirmed, pivots: this.#pivots, delivered: [...this.#delivered] }
    return state as unknown as Plain
  }
  restore(state: Plain): void {
    const { recent, closed, confirmed, pivots, delivered } = state as unknown as {
      recent: CandleEvent[]; closed: CandleEvent[]; confirmed: PivotEvent[]; pivots: PivotEvent[]
      delivered: [string, { model: string; symbol: MarketSymbol; through: number }][]
    }
    for (const event of recent) this.#remember(event)
    this.#closed = [...closed]
    this.#confirmed = [...confirmed]
    this.#pivots = [...pivots]
    for (const [key, one] of delivered) this.#delivered.set(key, one)
  }
}

const seriesKey = ({ symbol, timeframe }: CandleEvent): string => `${symbol}|${timeframe}`
