import type { DataHost, EventOf, EventStamp, Plain } from '@tapeloom/core'
import type { Projector } from '../store/projector.ts'

type Row = Readonly<Record<string, number | string | null>>
/** Predictions that wait for their outcome, at most. */
const MOST_PENDING = 100_000

/**
 * Carries the host's events to their tables: pivots, indicators, seconds of the book, predictions with their outcome,
 * decisions, positions, rejects.
 */
export class EventProjection {
  readonly #projector: () => Projector
  /** Rows of predictions by id, until they are resolved: the resolved row is written whole. */
  readonly #pending = new Map<string, Row>()

  constructor(projector: () => Projector) {
    this.#projector = projector
  }

  /** Begins to listen. */
  listen(host: DataHost): void {
    host.on('pivot:confirm', (event) => this.#add('pivot_points', pivotRow(event)), 'data')
    // Events of modules that are not imported: their shape is read as it comes.
    heard(host, 'multi-timeframe:indicators', (event) => this.#indicators(event))
    heard(host, 'cob:heatmap', (event) => this.#add('book_buckets', bucketRow(event)))
    host.on('prediction:made', (event) => this.#predicted(event), 'data')
    host.on('prediction:resolved', (event) => this.#resolved(event), 'data')
    host.on('decision', (event) => this.#add('decisions', decisionRow(event)), 'data')
    host.on('position:close', (event) => this.#add('positions', positionRow(event)), 'data')
    host.on('data:reject', (event) => this.#add('gaps', rejectRow(event)), 'data')
  }

  snapshot(): Plain {
    return [...this.#pending].map(([id, row]) => ({ id, row }))
  }

  restore(state: Plain): void {
    this.#pending.clear()
    for (const { id, row } of state as unknown as readonly { id: string; row: Row }[]) this.#pending.set(id, row)
  }

  #add(table: string, row: Row): void {
    this.#projector().add(table, row)
  }

  #indicators({ symbol, timeframe, openTime, values }: IndicatorsEvent): void {
    const projector = this.#projector()
    if (!projector.wanted) return
    const table = projector.table('technical_indicators')
    for (const { name, params, value } of values) {
      projector.added(table, table.append({ symbol, timeframe, open_time: openTime, name, params, value }))
    }
  }

  #predicted(event: EventOf<'prediction:made'>): void {
    const { id, symbol, module, horizon, probabilities, confidence, asOf } = event
    const row: Row = {
      id, symbol, module, horizon, as_of: asOf, ...probabilities, confidence, expected_bps: event.expectedBps ?? NaN,
      version: event.version ?? null, reference: event.reference ?? null, realised: null, bps: NaN,
    }
    this.#add('predictions', row)
    this.#pending.set(id, row)
    if (this.#pending.size > MOST_PENDING) for (const oldest of this.#pending.keys()) return void this.#pending.delete(oldest)
  }

  #resolved({ prediction, realised, bps }: EventOf<'prediction:resolved'>): void {
    const row = this.#pending.get(prediction)
    if (!row) return
    this.#pending.delete(prediction)
    this.#add('predictions', { ...row, realised, bps })
  }
}

/** What `@tapeloom/module-multi-timeframe` tells of a closed candle. */
type IndicatorsEvent = EventStamp & {
  readonly timeframe: string
  readonly openTime: number
  readonly values: readonly { readonly name: string; readonly params: string; readonly value: number }[]
}
/** What `@tapeloom/module-cob` tells of a second, with its option `heatmap`. */
type HeatmapEvent = EventStamp & {
  readonly openTime: number
  readonly closeTime: number
  readonly bid: number
  readonly ask: number
  readonly bucket: number
  readonly bids: readonly number[]
  readonly asks: readonly number[]
}
interface ModuleEvents {
  'multi-timeframe:indicators': IndicatorsEvent
  'cob:heatmap': HeatmapEvent
}

function heard<K extends keyof ModuleEvents>(host: DataHost, topic: K, listener: (event: ModuleEvents[K]) => void): void {
  const on = host.on.bind(host) as unknown as (topic: K, listener: (event: ModuleEvents[K]) => void, owner: string) => void
  on(topic, listener, 'data')
}

const bucketRow = ({ symbol, openTime, closeTime, bid, ask, bucket, bids, asks }: HeatmapEvent): Row => ({
  symbol, ts: openTime, close_time: closeTime, low: bid - (bids.length - 1) * bucket, bid, ask, bucket,
  bids: JSON.stringify(bids), asks: JSON.stringify(asks),
})

const pivotRow = (event: EventOf<'pivot:confirm'>): Row => ({
  id: event.id, symbol: event.symbol, timeframe: event.timeframe, level: event.level, side: event.side, price: event.price,
  pivot_time: event.pivotTime, confirmed_at: event.confirmedAt, lag_bars: event.lagBars, strength: event.strength,
  volume: event.volume,
})

const decisionRow = (event: EventOf<'decision'>): Row => ({
  id: event.id, symbol: event.symbol, action: event.action, reason: event.reason, margin: event.margin,
  ...event.probabilities, price: event.price, as_of: event.asOf, sequence: event.sequence,
  predictions: JSON.stringify(event.predictions.map(({ id }) => id)), gates: JSON.stringify(event.gates),
  references: JSON.stringify(event.references), degraded: event.degraded ? 1 : 0, amends: event.amends ?? null,
})

const positionRow = (event: EventOf<'position:close'>): Row => ({
  id: event.id, symbol: event.symbol, side: event.side, quantity: event.quantity, entry_price: event.entryPrice,
  exit_price: event.exitPrice, opened_at: event.openedAt, closed_at: event.closedAt, net_bps: event.netBps,
})

const rejectRow = ({ source, code, message, symbol, sequence, tsEvent }: EventOf<'data:reject'>): Row => ({
  series: `${source}#${sequence}`, symbol: symbol ?? null, start: tsEvent, end: tsEvent, reason: 'reject',
  detail: `${code}: ${message}`,
})
