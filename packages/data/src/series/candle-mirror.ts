import { TapeloomError, timeframeUs } from '@tapeloom/core'
import type { Candle, MarketSymbol, Plain, TaintReason, Timeframe } from '@tapeloom/core'
import { MemoryBudget } from './memory-budget.ts'
import { RowBlock } from './row-block.ts'
import { RowRing } from './row-ring.ts'
import { candleSeriesId } from './series-id.ts'
import { taintBits, taintReasons } from './taint-flags.ts'

/** Doubles of one candle row: open, high, low, close, volume, quote volume, trades, taker-buy volume. */
export const CANDLE_WIDTH = 8

/** One candle series of the mirror. */
export interface CandleSeries {
  readonly id: string
  readonly venue: string
  readonly symbol: MarketSymbol
  readonly timeframe: Timeframe
  readonly lengthUs: number
  readonly ring: RowRing
}

/**
 * The newest candles of every series in memory, each row once. A candle that has left is never misread: reads say so,
 * and the store answers. Default budget 256 MB; a series holds up to `maxRows` (32,768: 2.7 MB).
 */
export class CandleMirror {
  readonly budget: MemoryBudget
  readonly series: CandleSeries[] = []
  readonly #maxRows: number
  readonly #indices = new Map<string, number>()
  readonly #block = new RowBlock(CANDLE_WIDTH)

  constructor(options: { readonly budgetBytes?: number; readonly maxRows?: number } = {}) {
    const { budgetBytes = 256 * 1024 * 1024, maxRows = 32_768 } = options
    if (!Number.isInteger(Math.log2(maxRows))) {
      throw new TapeloomError(
        'data.rows',
        `[candle mirror] maxRows ${maxRows} is not a power of two. Give one, as 65536.`,
      )
    }
    this.budget = new MemoryBudget(budgetBytes)
    this.#maxRows = maxRows
  }

  /** The index of a series, added when it is new. @throws TapeloomError `data.budget` when memory for it is not free */
  add(venue: string, symbol: MarketSymbol, timeframe: Timeframe): number {
    const id = candleSeriesId(venue, symbol, timeframe)
    const known = this.#indices.get(id)
    if (known !== undefined) return known
    if (!this.budget.take(RowRing.startBytes(CANDLE_WIDTH, this.#maxRows))) throw this.#noRoom(id)
    const ring = new RowRing(CANDLE_WIDTH, this.#maxRows, this.budget)
    this.series.push({ id, venue, symbol, timeframe, lengthUs: timeframeUs(timeframe), ring })
    this.#indices.set(id, this.series.length - 1)
    return this.series.length - 1
  }

  /** The index of a series by its id, or −1. */
  find(id: string): number {
    return this.#indices.get(id) ?? -1
  }

  /**
   * Puts a closed candle, or a newer version of one. `known` is the sequence that made it.
   * Returns false when it is older than what is kept: only the store has it then.
   */
  put(index: number, candle: Candle, known: number): boolean {
    const { ring } = this.#at(index)
    const slot = ring.put(candle.openTime, known, taintBits(candle.taint))
    if (slot < 0) return false
    const at = slot * CANDLE_WIDTH
    ring.rows[at] = candle.open
    ring.rows[at + 1] = candle.high
    ring.rows[at + 2] = candle.low
    ring.rows[at + 3] = candle.close
    ring.rows[at + 4] = candle.volume
    ring.rows[at + 5] = candle.quoteVolume
    ring.rows[at + 6] = candle.trades
    ring.rows[at + 7] = candle.takerBuyVolume
    return true
  }

  /** Marks the closed candle at `openTime` as doubtful, after the fact. */
  taint(index: number, openTime: number, reason: TaintReason): void {
    this.#at(index).ring.flag(openTime, taintBits([reason]))
  }

  /** The newest candle of a series, or undefined. */
  last(index: number): Candle | undefined {
    const { ring } = this.#at(index)
    if (ring.newest(1, this.#block) === 0) return undefined
    return this.#candle(index, this.#block, 0)
  }

  /** Candles with openTime in [from, to) as known by `knownBy`; undefined when some may have left memory. */
  candles(index: number, from: number, to: number, knownBy = Infinity): readonly Candle[] | undefined {
    const count = this.#at(index).ring.read(from, to, knownBy, this.#block)
    if (count < 0) return undefined
    return Array.from({ length: count }, (_, i) => this.#candle(index, this.#block, i))
  }

  snapshot(): Plain {
    return this.series.map(({ venue, symbol, timeframe, ring }) => ({
      venue,
      symbol,
      timeframe,
      ring: ring.snapshot(),
    }))
  }

  restore(state: Plain): void {
    const list = state as unknown as { venue: string; symbol: MarketSymbol; timeframe: Timeframe; ring: Plain }[]
    for (const { venue, symbol, timeframe, ring } of list)
      this.#at(this.add(venue, symbol, timeframe)).ring.restore(ring)
  }

  #at(index: number): CandleSeries {
    const series = this.series[index]
    if (series) return series
    throw new TapeloomError(
      'data.series',
      `[candle mirror] series ${index} does not exist. Use an index that add returned.`,
    )
  }

  #candle(index: number, block: RowBlock, row: number): Candle {
    const { venue, timeframe, lengthUs } = this.#at(index)
    const [openTime, at] = [block.times[row]!, row * CANDLE_WIDTH] // row < block.count
    const value = (i: number): number => block.rows[at + i]!
    return Object.freeze({
      venue,
      timeframe,
      openTime,
      closeTime: openTime + lengthUs,
      open: value(0),
      high: value(1),
      low: value(2),
      close: value(3),
      volume: value(4),
      quoteVolume: value(5),
      trades: value(6),
      takerBuyVolume: value(7),
      taint: taintReasons(block.flags[row]!),
    })
  }

  #noRoom(id: string): TapeloomError {
    const largest = this.series.toSorted((a, b) => b.ring.bytes - a.ring.bytes)[0]
    const { usedBytes, limitBytes } = this.budget
    return new TapeloomError(
      'data.budget',
      `[series ${id}] does not fit: ${usedBytes} of ${limitBytes} bytes are in use` +
        `${largest ? `, most by ${largest.id} (${largest.ring.bytes})` : ''}. Raise the budget or drop a series.`,
    )
  }
}
