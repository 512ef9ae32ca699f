import { openTimeOf, type Plain, type Timeframe } from '@tapeloom/core'
import { AT, type MarketRecord } from '../ingest/market-record.ts'
import { taintBits } from '../series/taint-flags.ts'
import { CandleSet } from './candle-set.ts'
import type { CandlePlan, CandleSink } from './candle-sink.ts'
import { FORMING, FormingCandle } from './forming-candle.ts'
import { foldTrade } from './trade-fold.ts'

const [EMPTY, PARTIAL, GAP] = [taintBits(['empty']), taintBits(['partial']), taintBits(['gap'])]
const [OUTLIER, LATE] = [taintBits(['outlier']), taintBits(['late'])]
/** Inside only: some finer candle of a rolled one had a trade. */
const TRADED = 1 << 20
const DEFAULT_BASE_US = 1e6
/** Boundaries are not made up for a longer time without connection. */
const LONGEST_SILENCE_US = 3600e6
const [NEXT, BOUNDARY, FIRED, CONNECTED_AT, HEARD, NEXT_ROLLED] = [0, 1, 2, 3, 4, 5]

/**
 * Makes the candles and the boundaries of one market: from trades, from the venue's candles, and by roll-up.
 * Each candle closes once, finest first, and before the boundary of the same time. All times are µs of the venue.
 */
export class CandleBuilder {
  readonly candles: CandleSet
  readonly #plan: CandlePlan
  readonly #sink: CandleSink
  /**
   * `[next close or boundary, next boundary, last boundary, first event since the connection, newest event, next close of
   * what waits for the venue's candles]`.
   */
  readonly #clock = Float64Array.of(Infinity, Infinity, -Infinity, NaN, -Infinity, Infinity)
  /** Trades or books come in: boundaries follow the clock, not the candles. */
  #ticking = false
  #connected = false
  /** Taint of the next candles that begin. */
  #interrupted = 0

  constructor(plan: CandlePlan, sink: CandleSink) {
    this.candles = new CandleSet(plan.wanted)
    this.#plan = plan
    this.#sink = sink
  }

  /** Length of the base interval. */
  get boundaryUs(): number {
    if (this.#plan.boundaryUs !== undefined) return this.#plan.boundaryUs
    return this.#ticking ? DEFAULT_BASE_US : (this.candles.finestDelivered?.lengthUs ?? DEFAULT_BASE_US)
  }
  /** Whether trades or books come in. */
  get ticking(): boolean {
    return this.#ticking
  }
  /** The next time at which something is due, by the venue's clock; Infinity when nothing is. */
  get nextDue(): number {
    return Math.min(this.#clock[NEXT]!, this.#clock[NEXT_ROLLED]!)
  }
  /** The next boundary; Infinity when none is due. */
  get nextBoundary(): number {
    return this.#clock[BOUNDARY]!
  }
  /** The newest boundary that fired; −Infinity before the first. */
  get lastBoundary(): number {
    return this.#clock[FIRED]!
  }

  /** Whether the base interval that is open by the clock holds an event. */
  get hasOpenInterval(): boolean {
    return this.#ticking && this.#clock[HEARD]! > this.#clock[BOUNDARY]! - this.boundaryUs
  }

  /** A trade or a book event of this market is about to be applied; true when the clock starts with it. */
  heard(record: MarketRecord): boolean {
    const tsEvent = record.number[AT.tsEvent]!
    if (tsEvent > this.#clock[HEARD]!) this.#clock[HEARD] = tsEvent
    if (this.#connected) return false
    this.#connected = this.#ticking = true
    this.#clock[CONNECTED_AT] = tsEvent
    const { boundaryUs } = this
    const boundary = Math.max(openTimeOf(tsEvent, boundaryUs), this.#clock[FIRED]!) + boundaryUs
    if (this.#clock[BOUNDARY] === Infinity) this.#clock[BOUNDARY] = boundary
    this.#rearm()
    return true
  }

  /** Closes what ends at or before `time` by the time of receipt: what waits for the venue's candles waits no more. */
  overdue(time: number): void {
    this.due(time)
    while (this.#clock[NEXT_ROLLED]! <= time) {
      const next = this.#clock[NEXT_ROLLED]!
      for (const candle of this.candles.all) if (this.#waits(candle) && candle.number[FORMING.closeTime]! <= next) this.#close(candle)
      this.#rearm()
    }
  }

  /** Closes what ends at or before `time` by the market's own events, in order, with its boundaries. */
  due(time: number): void {
    const clock = this.#clock
    if (clock[NEXT]! > time) return
    if (this.#ticking && clock[BOUNDARY]! + LONGEST_SILENCE_US < time) {
      if (this.#connected) this.gap(GAP) // nobody was there to hear that nothing happened
      clock[BOUNDARY] = openTimeOf(time, this.boundaryUs)
    }
    while (clock[NEXT]! <= time) this.#closeAt(clock[NEXT]!)
  }

  /** Folds a trade; what it made due is closed already. */
  trade(record: MarketRecord): void {
    const { candles } = this
    if (!candles.traded) candles.expectTrades()
    const tsEvent = record.number[AT.tsEvent]!
    for (let i = 0; i < candles.all.length; i++) {
      const candle = candles.all[i]! // i < length
      if (candle.origin !== 'trades') continue
      if (!candle.isOpen) this.#begin(candle, record)
      if (tsEvent >= candle.number[FORMING.openTime]!) foldTrade(candle, record)
      else this.#late(candle, openTimeOf(tsEvent, candle.lengthUs))
    }
  }

  /** Whether the candle of the record is already closed. */
  isClosed(record: MarketRecord): boolean {
    const known = this.candles.find(record.text as Timeframe)
    return known !== undefined && record.number[AT.openTime]! <= known.number[FORMING.lastOpenTime]!
  }

  /** Whether the venue has delivered the candle of the record before. */
  isDelivered(record: MarketRecord): boolean {
    return this.isClosed(record) && this.candles.find(record.text as Timeframe)?.origin === 'venue'
  }

  /** The candle of the record as one of its series, beside what is open: a newer version. */
  version(record: MarketRecord): FormingCandle {
    const candle = new FormingCandle(record.text as Timeframe, 'venue')
    candle.take(record)
    return candle
  }

  /**
   * Takes a closed candle of the venue, one that `isDelivered` denies. Where the series was made otherwise so far and has
   * closed this one, only the next is the venue's.
   */
  candle(record: MarketRecord): void {
    const closed = this.isClosed(record)
    const candle = this.candles.delivered(record.text as Timeframe)
    if (closed) return this.#rearm()
    const openTime = record.number[AT.openTime]!
    this.overdue(this.#ticking ? openTime : openTime + candle.lengthUs - 1)
    const expected = candle.number[FORMING.lastOpenTime]! + candle.lengthUs
    if (expected < openTime) this.#fillMissing(candle, expected, openTime)
    this.#deliver(candle, record)
  }

  /** The connection broke: until the next event nothing is known. */
  gap(taint: number): void {
    this.#connected = false
    this.#interrupted |= taint
    this.taintOpen(taint)
    for (const candle of this.candles.all) {
      if (candle.origin === 'trades' && candle.number[FORMING.trades] === 0) candle.clear()
    }
    this.#rearm()
  }

  /** Marks the candles that are open now. */
  taintOpen(taint: number): void {
    for (const candle of this.candles.all) if (candle.isOpen) candle.taint |= taint
  }

  snapshot(): Plain {
    return {
      clock: this.#clock.slice(),
      flags: [this.candles.traded, this.#ticking, this.#connected],
      interrupted: this.#interrupted,
      candles: this.candles.all.map((candle) => candle.snapshot()),
    }
  }

  restore(state: Plain): void {
    const saved = state as unknown as SavedBuilder
    this.#clock.set(saved.clock)
    const [traded = false, ticking = false, connected = false] = saved.flags
    this.#ticking = ticking
    this.#connected = connected
    this.#interrupted = saved.interrupted
    const candles: FormingCandle[] = []
    for (const one of saved.candles) candles.push(FormingCandle.restored(one, candles))
    this.candles.restore(candles, traded)
  }

  #closeAt(time: number): void {
    const { all } = this.candles
    for (let i = 0; i < all.length; i++) {
      if (all[i]!.number[FORMING.closeTime]! <= time && !this.#waits(all[i]!)) this.#close(all[i]!)
    }
    if (this.#clock[BOUNDARY] === time) {
      this.#clock[FIRED] = time
      this.#clock[BOUNDARY] = this.#ticking ? time + this.boundaryUs : Infinity
      this.#sink.boundary(this.#plan.market, time)
    }
    this.#rearm()
  }

  #close(candle: FormingCandle): void {
    const n = candle.number
    if (candle.origin === 'trades' && n[FORMING.trades] === 0) candle.taint |= EMPTY
    if (candle.child) {
      if (n[FORMING.children]! * candle.child.lengthUs < candle.lengthUs) candle.taint |= PARTIAL
      if ((candle.taint & TRADED) === 0) candle.taint |= EMPTY
      candle.taint &= ~TRADED
    }
    if (candle.gate.isOutlier(n[FORMING.lastClose]!, n[FORMING.close]!)) candle.taint |= OUTLIER
    n[FORMING.lastClose] = n[FORMING.close]!
    n[FORMING.lastOpenTime] = n[FORMING.openTime]!
    this.#sink.closed(this.#plan.market, candle)
    for (const parent of this.candles.all) if (parent.child === candle) this.#foldInto(parent, candle)
    if (candle.origin === 'trades' && this.#connected) candle.begin(n[FORMING.closeTime]!, n[FORMING.close]!)
    else candle.clear()
  }

  #foldInto(parent: FormingCandle, child: FormingCandle): void {
    const openTime = openTimeOf(child.number[FORMING.openTime]!, parent.lengthUs)
    if (openTime <= parent.number[FORMING.lastOpenTime]!) {
      this.#late(parent, openTime)
      return
    }
    if (!parent.isOpen) parent.begin(openTime, child.number[FORMING.open]!)
    const traded = (child.taint & EMPTY) === 0
    parent.fold(child, traded, (parent.taint & TRADED) === 0)
    parent.taint |= (child.taint & ~EMPTY) | (traded ? TRADED : 0)
  }

  /** Opens the first candle after a connection: what came before in it is unknown. */
  #begin(candle: FormingCandle, record: MarketRecord): void {
    const openTime = openTimeOf(record.number[AT.tsEvent]!, candle.lengthUs)
    if (openTime <= candle.number[FORMING.lastOpenTime]!) return
    candle.begin(openTime, record.number[AT.price]!)
    candle.taint = this.#interrupted
    if (this.#clock[CONNECTED_AT]! > openTime) candle.taint |= PARTIAL
    if (this.candles.all.every(({ origin, isOpen }) => origin !== 'trades' || isOpen)) this.#interrupted = 0
    this.#rearm()
  }

  #late(candle: FormingCandle, openTime: number): void {
    candle.late++
    for (const coarser of this.candles.all) {
      if (coarser.child && coarser.number[FORMING.openTime]! <= openTime) coarser.taint |= LATE
    }
    this.#sink.late(this.#plan.market, candle, openTime)
  }

  #fillMissing(candle: FormingCandle, from: number, to: number): void {
    if (this.#plan.absentMeans === 'gap') {
      this.#sink.missing(this.#plan.market, candle, from, to)
      return
    }
    for (let openTime = from; openTime < to; openTime += candle.lengthUs) {
      this.due(openTime)
      candle.begin(openTime, candle.number[FORMING.lastClose]!)
      candle.number[FORMING.volume] = candle.number[FORMING.takerVolume] = 0
      candle.taint = EMPTY
      this.#closeDelivered(candle)
    }
  }

  #deliver(candle: FormingCandle, record: MarketRecord): void {
    const missed = candle.number[FORMING.lastOpenTime]! + candle.lengthUs < record.number[AT.openTime]!
    candle.take(record)
    // Windows that reach over the hole contain this candle.
    if (missed) candle.taint |= GAP
    if (record.number[AT.volume] === 0) candle.taint |= EMPTY
    if (!this.#ticking) {
      candle.taint |= this.#interrupted
      this.#interrupted = 0
    }
    this.#closeDelivered(candle)
  }

  #closeDelivered(candle: FormingCandle): void {
    const time = candle.number[FORMING.closeTime]!
    this.#close(candle)
    if (this.#ticking) this.#closeRolled(time)
    else {
      const { boundaryUs } = this
      const reached = openTimeOf(time, boundaryUs)
      const boundary = reached === time ? time : reached + boundaryUs
      if (boundary > this.#clock[FIRED]! && boundary < this.#clock[BOUNDARY]!) this.#clock[BOUNDARY] = boundary
    }
    this.#rearm()
    if (!this.#ticking && this.#allDelivered(time)) this.due(time)
  }

  /** Closes what is folded from series that are closed through `time`; trades of that time may still come. */
  #closeRolled(time: number): void {
    for (const candle of this.candles.all) {
      if (!candle.child || candle.number[FORMING.closeTime]! > time) continue
      if (candle.child.number[FORMING.lastOpenTime]! + candle.child.lengthUs >= time) this.#close(candle)
    }
  }

  /** Whether no venue series still owes a candle that closes at `time`. */
  #allDelivered(time: number): boolean {
    return this.candles.all.every(({ origin, lengthUs, number }) => {
      const closed = number[FORMING.lastOpenTime]! + lengthUs
      return origin !== 'venue' || closed >= time || closed + lengthUs !== time
    })
  }

  /** Whether a series folds candles that the venue sends, while trades or books tell the time: theirs come later. */
  #waits(candle: FormingCandle): boolean {
    return this.#ticking && candle.child !== undefined && !candle.fromTrades
  }

  #rearm(): void {
    let [next, rolled] = [this.#clock[BOUNDARY]!, Infinity]
    const { all } = this.candles
    for (let i = 0; i < all.length; i++) {
      const time = all[i]!.number[FORMING.closeTime]!
      if (this.#waits(all[i]!)) rolled = Math.min(rolled, time)
      else next = Math.min(next, time)
    }
    this.#clock[NEXT] = next
    this.#clock[NEXT_ROLLED] = rolled
  }
}

interface SavedBuilder {
  readonly clock: Float64Array
  readonly flags: readonly boolean[]
  readonly interrupted: number
  readonly candles: readonly Plain[]
}
