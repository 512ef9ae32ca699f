import { timeframeUs } from '@tapeloom/core'
import type { RebuildRequest, Store, StoreRows } from '@tapeloom/core'
import { CANDLE_WIDTH } from './candle-mirror.ts'
import { RowBlock } from './row-block.ts'
import { trySeriesId, type SeriesName } from './series-id.ts'

const CANDLE_COLUMNS = ['open_time', 'open', 'high', 'low', 'close', 'volume', 'known'] as const
/** Candles that one read of a merged span may bring, and the longest span of feature rows, µs. */
const SPAN_ROWS = 65_536
const SPAN_US = 24 * 3600e6

interface Span {
  readonly series: string
  readonly from: number
  to: number
  knownBy: number
  readonly requests: RebuildRequest[]
}

/** Reads ranges of series back from the store: one read per merged span, sliced in memory, never a range join. */
export class StoredRows {
  readonly #store: Store
  readonly #block = new RowBlock(CANDLE_WIDTH)
  readonly #columns = new Map<string, ReadonlyMap<string, string>>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Hands each request its candle rows; the block is valid during the call. */
  async candles(
    requests: readonly RebuildRequest[],
    use: (request: RebuildRequest, block: RowBlock) => void,
  ): Promise<void> {
    for (const span of mergeSpans(requests)) {
      const name = trySeriesId(span.series)
      const rows = name?.kind === 'candle' ? await this.#readCandles(name, span.from, span.to, span.knownBy) : undefined
      for (const request of span.requests) {
        const { start, end } = request.frame
        if (rows && sliceCandles(rows, start, end + 1, request.knownBy, this.#block)) use(request, this.#block)
        else if (name?.kind !== 'candle') use(request, emptied(this.#block))
        else {
          // a newer version hides what this reference saw: it is read alone, as of its own sequence
          sliceCandles(
            await this.#readCandles(name, start, end + 1, request.knownBy),
            start,
            end + 1,
            Infinity,
            this.#block,
          )
          use(request, this.#block)
        }
      }
    }
  }

  /** Hands each request the columns it binds, as one row: position i holds column i of the binding. */
  async features(
    requests: readonly RebuildRequest[],
    use: (request: RebuildRequest, positions: readonly number[], block: RowBlock) => void,
  ): Promise<void> {
    for (const span of mergeSpans(requests)) {
      const name = trySeriesId(span.series)
      if (name?.kind !== 'features') continue
      const bound = [...new Set(span.requests.flatMap(({ binding }) => binding as readonly string[]))]
      const ids = await this.#columnIds(name.layoutId, bound)
      const read = (from: number, to: number, knownBy: number): Promise<StoreRows> =>
        this.#store.read({
          table: `features_${name.layoutId}`,
          columns: ['ts', 'known', ...ids.values()],
          equals: { symbol: name.symbol },
          key: 'ts',
          from,
          to,
          knownBy,
        })
      const rows = await read(span.from, span.to, span.knownBy)
      for (const request of span.requests) {
        const { frame, knownBy, binding } = request
        const columns = (binding as readonly string[]).map((column) => ids.get(column) ?? column)
        const block = new RowBlock(columns.length, 1)
        if (!sliceRow(rows, columns, frame.start, knownBy, block)) {
          sliceRow(await read(frame.start, frame.start + 1, knownBy), columns, frame.start, Infinity, block)
        }
        use(
          request,
          columns.map((_, i) => i),
          block,
        )
      }
    }
  }

  /** Full column ids (`cob.imbalance5#1@…`) by the names that bindings use. */
  async #columnIds(layoutId: string, bound: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const ids = this.#columns.get(layoutId) ?? (await this.#readColumns(layoutId))
    if (ids.size > 0) this.#columns.set(layoutId, ids) // the store may still be without it
    return new Map(bound.map((column) => [column, ids.get(column) ?? column]))
  }

  async #readColumns(layoutId: string): Promise<ReadonlyMap<string, string>> {
    const stored = await this.#store.read({
      table: 'layouts',
      columns: ['column'],
      equals: { layout: layoutId },
      key: 'position',
    })
    const ids = new Map<string, string>()
    for (const id of stored.columns['column'] as readonly string[]) ids.set(id.split('#', 1)[0] ?? id, id).set(id, id)
    return ids
  }

  #readCandles(
    name: SeriesName & { readonly kind: 'candle' },
    from: number,
    to: number,
    knownBy: number,
  ): Promise<StoreRows> {
    return this.#store.read({
      table: `ohlcv_${name.timeframe}`,
      columns: CANDLE_COLUMNS,
      equals: { symbol: name.symbol, venue: name.venue },
      key: 'open_time',
      from,
      to,
      knownBy,
    })
  }
}

/** Merges near ranges per series, up to a bound of rows: a read costs more than some rows that nobody asked for. */
function mergeSpans(requests: readonly RebuildRequest[]): readonly Span[] {
  const sorted = requests.toSorted((a, b) =>
    a.frame.series === b.frame.series ? a.frame.start - b.frame.start : a.frame.series < b.frame.series ? -1 : 1,
  )
  const spans: Span[] = []
  for (const request of sorted) {
    const { series, start, end } = request.frame
    const name = trySeriesId(series)
    const longest = name?.kind === 'candle' ? SPAN_ROWS * timeframeUs(name.timeframe) : SPAN_US
    const last = spans.at(-1)
    const near = last?.series === series && start <= last.to + longest / 24 && end - last.from < longest
    if (last && near) {
      last.to = Math.max(last.to, end + 1)
      last.knownBy = Math.max(last.knownBy, request.knownBy)
      last.requests.push(request)
    } else spans.push({ series, from: start, to: end + 1, knownBy: request.knownBy, requests: [request] })
  }
  return spans
}

/** Slices [from, to) out of read rows; false when a row in it was known only after `knownBy`. */
function sliceCandles(rows: StoreRows, from: number, to: number, knownBy: number, block: RowBlock): boolean {
  const [times, open, high, low, close, volume, known] = CANDLE_COLUMNS.map(
    (name) => rows.columns[name] as Float64Array,
  )
  const [first, end] = [lowerBound(times!, from), lowerBound(times!, to)] // all seven columns were asked for
  block.reserve(end - first)
  for (let i = first, at = 0; i < end; i++, at += block.width) {
    if (known![i]! > knownBy) return false
    block.times[i - first] = times![i]!
    block.rows[at] = open![i]!
    block.rows[at + 1] = high![i]!
    block.rows[at + 2] = low![i]!
    block.rows[at + 3] = close![i]!
    block.rows[at + 4] = volume![i]!
  }
  block.count = end - first
  return true
}

function sliceRow(
  rows: StoreRows,
  columns: readonly string[],
  time: number,
  knownBy: number,
  block: RowBlock,
): boolean {
  const [times, known] = [rows.columns['ts'] as Float64Array, rows.columns['known'] as Float64Array]
  const at = lowerBound(times, time)
  block.count = at < times.length && times[at] === time ? 1 : 0
  if (block.count === 1 && known[at]! > knownBy) return false
  if (block.count === 1) columns.forEach((column, i) => (block.rows[i] = (rows.columns[column] as Float64Array)[at]!))
  return true
}

function emptied(block: RowBlock): RowBlock {
  block.reserve(0)
  return block
}

function lowerBound(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle]! < time) low = middle + 1
    else high = middle
  }
  return low
}
