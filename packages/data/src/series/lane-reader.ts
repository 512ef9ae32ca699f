import { TapeloomError, timeframeUs } from '@tapeloom/core'
import type {
  Candle,
  Lane,
  LaneFrame,
  LaneReader,
  MarketSymbol,
  RebuildRequest,
  Store,
  Timeframe,
} from '@tapeloom/core'
import { CANDLE_WIDTH, type CandleMirror } from './candle-mirror.ts'
import type { FeatureMirror } from './feature-mirror.ts'
import { LANE_WIDTH, laneNorm, writeLane } from './lane-normalisation.ts'
import { MemoryBudget } from './memory-budget.ts'
import { RowBlock } from './row-block.ts'
import type { RowRing } from './row-ring.ts'
import { candleSeriesId, trySeriesId } from './series-id.ts'
import { StoredRows } from './stored-rows.ts'
import { DOUBT_BITS, taintReasons } from './taint-flags.ts'
import { VolumeLogs } from './volume-logs.ts'

/** What the lane reader reads from. */
export interface LaneReaderOptions {
  readonly candles: CandleMirror
  readonly features: FeatureMirror
  readonly store: Store
  /** Each symbol with the venue that prices it, in the order of symbol indices. */
  readonly symbols: readonly { readonly symbol: MarketSymbol; readonly venue: string }[]
  /** Time of the boundary at which a symbol now stands, µs: what freshness is measured from. */
  asOf(symbolIndex: number): number
  /** Waits until all rows made so far are in the store; called before it is read. */
  settle(): Promise<void>
}

/**
 * Checks a lane before anything runs.
 * @throws TapeloomError `data.lane` for a window < 2, or one that this reader has no data for
 */
export function checkLane(lane: Lane): void {
  const where = `[lane ${lane.timeframe} × ${lane.window}]`
  timeframeUs(lane.timeframe)
  if (!Number.isInteger(lane.window) || lane.window < 2) {
    throw new TapeloomError(
      'data.lane',
      `${where} the window is not a whole number from 2 on. Give how many candles to see.`,
    )
  }
  if (lane.of === 'features') {
    throw new TapeloomError(
      'data.lane',
      `${where} reads feature rows as a window. Bind columns of the row, or candles.`,
    )
  }
}

/** Most memory for logarithms of volumes: those of two million candles. */
const LOG_BYTES = 32 * 1024 * 1024

/** Turns windows of candles and frozen rows into tensors: from memory when served, from the references when trained. */
export class SeriesLaneReader implements LaneReader {
  readonly #options: LaneReaderOptions
  readonly #block = new RowBlock(CANDLE_WIDTH)
  readonly #checked = new WeakSet<Lane>()
  readonly #logs = new WeakMap<RowRing, VolumeLogs>()
  readonly #logBudget = new MemoryBudget(LOG_BYTES) // not the candles': when training reads must not decide how many they are

  constructor(options: LaneReaderOptions) {
    this.#options = options
  }

  check(lane: Lane): Lane {
    checkLane(lane)
    return lane
  }

  gather(lane: Lane, symbolIndex: number, tensor: Float32Array, mask: Float32Array): LaneFrame {
    if (!this.#checked.has(lane)) {
      checkLane(lane)
      this.#checked.add(lane)
    }
    const id = this.#seriesOf(lane, symbolIndex)
    const series = this.#options.candles.series[this.#options.candles.find(id)]
    const count = series?.ring.newest(lane.window, this.#block) ?? 0
    if (series && count < lane.window && series.ring.floor > -Infinity) throw tooLong(lane, id, count)
    const block = this.#block
    const norm = laneNorm(lane.normalise, block.rows, CANDLE_WIDTH, count)
    writeWindow(lane, norm, block, count, tensor, mask)
    if (count === 0) return { series: id, start: 0, end: 0, count, norm, quality: 0, taint: [] }
    const [start, end] = [block.times[0]!, block.times[count - 1]!]
    const lengthUs = series?.lengthUs ?? 1
    let [bits, flagged] = [0, 0]
    for (let i = 0; i < count; i++) {
      const doubts = block.flags[i]! & DOUBT_BITS
      bits |= doubts
      if (doubts !== 0) flagged++
    }
    // Between two closes a lane is as fresh as it can be: age counts from the close that is due next.
    const age = this.#options.asOf(symbolIndex) - (end + lengthUs)
    const fresh = Math.min(1, Math.max(0, 1 - (age - lengthUs) / (3 * lengthUs)))
    const quality = (count / lane.window) * fresh * (1 - flagged / count)
    return { series: id, start, end, count, norm, quality, taint: taintReasons(bits) }
  }

  last(symbolIndex: number, timeframe: Timeframe): Candle | undefined {
    const of = this.#options.symbols[symbolIndex]
    const index = of ? this.#options.candles.find(candleSeriesId(of.venue, of.symbol, timeframe)) : -1
    return index < 0 ? undefined : this.#options.candles.last(index)
  }

  candles(symbol: MarketSymbol, timeframe: Timeframe, from: number, to: number): readonly Candle[] | undefined {
    const of = this.#options.symbols.find((known) => known.symbol === symbol)
    const index = of ? this.#options.candles.find(candleSeriesId(of.venue, symbol, timeframe)) : -1
    return index < 0 ? undefined : this.#options.candles.candles(index, from, to)
  }

  async rebuild(requests: readonly RebuildRequest[]): Promise<void> {
    const missing = requests.filter((request) => !this.#fromMemory(request))
    if (missing.length === 0) return
    await this.#options.settle()
    const stored = new StoredRows(this.#options.store)
    const isLane = (request: RebuildRequest): boolean => !isColumns(request.binding)
    await stored.candles(missing.filter(isLane), (request, block) => this.#writeLane(request, block))
    const rows = missing.filter((request) => !isLane(request))
    await stored.features(rows, (request, columns, block) => writeRow(request, columns, block))
  }

  #seriesOf(lane: Lane, symbolIndex: number): string {
    const { symbols } = this.#options
    const own = lane.symbol === undefined ? symbols[symbolIndex] : symbols.find(({ symbol }) => symbol === lane.symbol)
    return candleSeriesId(own?.venue ?? 'absent', own?.symbol ?? lane.symbol ?? 'absent/absent', lane.timeframe)
  }

  #fromMemory(request: RebuildRequest): boolean {
    const { frame, binding, knownBy } = request
    if (isColumns(binding)) return this.#rowFromMemory(request, binding)
    if (frame.count === 0) {
      writeWindow(binding, frame.norm, this.#block, 0, request.tensor, request.mask)
      return true
    }
    const ring = this.#options.candles.series[this.#options.candles.find(frame.series)]?.ring
    const slot = ring?.locate(frame.start, frame.end + 1, frame.count, knownBy) ?? -1
    if (ring && slot >= 0) {
      this.#writeFromRing(ring, slot, request, binding)
      return true
    }
    if (ring?.read(frame.start, frame.end + 1, knownBy, this.#block) !== frame.count) return false
    this.#writeLane(request, this.#block)
    return true
  }

  /** From the slots of a ring, without a copy between: training reads most windows here. */
  #writeFromRing(ring: RowRing, slot: number, { frame: { norm, count }, tensor, mask }: RebuildRequest, lane: Lane): void {
    const first = padded(lane, count, tensor, mask)
    const head = Math.min(count, ring.room - slot)
    this.#writeSlots(ring, slot, head, lane, norm, tensor, first)
    if (head < count) this.#writeSlots(ring, 0, count - head, lane, norm, tensor, first + head)
  }

  #writeSlots(ring: RowRing, slot: number, count: number, lane: Lane, norm: readonly number[], tensor: Float32Array, first: number): void {
    const logs = lane.normalise === 'none' ? undefined : this.#logsOf(ring).of(ring.rows, CANDLE_WIDTH, slot, count)
    writeLane(lane.normalise, norm, ring.rows, CANDLE_WIDTH, count, tensor, first, slot, logs)
  }

  #logsOf(ring: RowRing): VolumeLogs {
    const known = this.#logs.get(ring) ?? new VolumeLogs(this.#logBudget)
    this.#logs.set(ring, known)
    return known
  }

  #rowFromMemory(request: RebuildRequest, columns: readonly string[]): boolean {
    const { frame, knownBy } = request
    const name = trySeriesId(frame.series)
    const { features } = this.#options
    if (name?.kind !== 'features') throw wrongSeries(request)
    const block = new RowBlock(features.width(name.layoutId), 1)
    if (features.read(frame.series, frame.start, knownBy, block) !== 1) return false
    const positions = columns.map((column) => features.position(name.layoutId, column))
    writeRow(request, positions, block)
    return true
  }

  #writeLane(request: RebuildRequest, block: RowBlock): void {
    const { frame, binding, knownBy } = request
    if (block.count !== frame.count || isColumns(binding)) {
      throw new TapeloomError(
        'data.range',
        `[series ${frame.series}] holds ${block.count} rows from ${frame.start} to ${frame.end} known by ${knownBy}, ` +
          `its reference saw ${frame.count}. Expire the reference, or bring the missing history in.`,
      )
    }
    writeWindow(binding, frame.norm, block, frame.count, request.tensor, request.mask)
  }
}

const isColumns = (binding: RebuildRequest['binding']): binding is readonly string[] => Array.isArray(binding)

/** Left-pads with 0 and mask 0, then writes the rows. */
function writeWindow(
  lane: Lane,
  norm: readonly number[],
  block: RowBlock,
  count: number,
  tensor: Float32Array,
  mask: Float32Array,
): void {
  const first = padded(lane, count, tensor, mask)
  writeLane(lane.normalise, norm, block.rows, block.width, count, tensor, first)
}

/** Pads on the left; returns the row at which the rows begin. */
function padded(lane: Lane, count: number, tensor: Float32Array, mask: Float32Array): number {
  const first = lane.window - count
  tensor.fill(0, 0, first * LANE_WIDTH)
  mask.fill(0, 0, first)
  mask.fill(1, first, lane.window)
  return first
}

/** Writes columns of one frozen row: missing is 0 with mask 0. */
function writeRow(request: RebuildRequest, positions: readonly number[], block: RowBlock): void {
  if (block.count !== 1) {
    const { frame, knownBy } = request
    throw new TapeloomError(
      'data.range',
      `[series ${frame.series}] has no row at ${frame.start} known by ${knownBy}. Expire the reference or restore it.`,
    )
  }
  positions.forEach((position, i) => {
    const value = block.rows[position]!
    request.tensor[i] = value === value ? value : 0
    request.mask[i] = value === value ? 1 : 0
  })
}

function wrongSeries({ frame }: RebuildRequest): TapeloomError {
  return new TapeloomError(
    'data.range',
    `[series '${frame.series}'] holds no feature rows. Rebuild columns from a features series.`,
  )
}

function tooLong(lane: Lane, id: string, count: number): TapeloomError {
  return new TapeloomError(
    'data.window',
    `[series ${id}] keeps ${count} candles in memory, the lane needs ${lane.window}. Raise the memory budget.`,
  )
}
