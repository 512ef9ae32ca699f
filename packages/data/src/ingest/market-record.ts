/** Kinds of journalled inputs, by their number in the journal. */
export const KIND = {
  trade: 1, book: 2, candle: 3, gap: 4, link: 5, tick: 6, command: 7, inference: 8, swap: 9, backfill: 10, fault: 11,
} as const

/** Where the numbers of a record stand in `MarketRecord.number`. Prices are ticks, quantities lots unless said otherwise. */
export const AT = {
  sourceSequence: 0, tsEvent: 1, tsInit: 2,
  price: 3, quantity: 4,
  openTime: 3, open: 4, high: 5, low: 6, close: 7, volume: 8, quoteVolume: 9, trades: 10, takerBuyVolume: 11,
  volumeLots: 12, takerLots: 13,
} as const
const NUMBERS = 14

/** Stands for "no source" and "no market" in a record. */
export const NONE = 0xffff

/**
 * The one input that is being dispatched, decoded: a checked message of a source, or a record of the journal.
 * Reused for every input, so that no input allocates.
 */
export class MarketRecord {
  kind = 0
  /** Index of the source, or `NONE`. */
  source = NONE
  /** Index of the market (venue and symbol), or `NONE`. */
  market = NONE
  /** Trade: 1 the buyer was the aggressor. Book: bit 0 a snapshot, bit 1 a partial one. Fault: 1 of a book message. */
  flags = 0
  /** See `AT`. Volumes of candles are given twice: as the venue says them, and in whole lots. */
  readonly number = new Float64Array(NUMBERS)
  /** Trade id; timeframe of a candle; reason of a gap; code of a fault. */
  text = ''
  /** Message of a fault. */
  message = ''
  /** Raw text of a fault. */
  raw = ''
  bids = 0
  asks = 0
  /** `[bids then asks]`, as many as `bids + asks`. */
  ticks: Float64Array<ArrayBuffer> = new Float64Array(256)
  lots: Float64Array<ArrayBuffer> = new Float64Array(256)

  /** Makes room for the levels of a book message. */
  reserveLevels(count: number): void {
    if (count <= this.ticks.length) return
    const room = Math.max(count, 2 * this.ticks.length)
    this.ticks = new Float64Array(room)
    this.lots = new Float64Array(room)
  }
}
