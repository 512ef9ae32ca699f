/** What a line of a Binance capture is; `other` is readable JSON of a kind that is not used, `broken` is not readable. */
export type BinanceKind = 'trade' | 'depth' | 'quote' | 'snapshot' | 'other' | 'broken'

/** One decoded message, reused for the next: read it before parsing on. Which fields count depends on `kind`. */
export class BinanceMessage {
  kind: BinanceKind = 'broken'
  /** Local time of receipt, µs. */
  receivedUs = NaN
  /** The venue's time, µs: of the transaction where sent, else of the event; NaN where neither is. */
  eventUs = NaN
  /** As the venue writes it, `BTCUSDT`; '' on a snapshot that does not say. */
  symbol = ''
  /** First and last update id (equal on quotes and snapshots), and the last of the update before (futures), else NaN. */
  first = NaN
  last = NaN
  previous = NaN
  tradeId = NaN
  price = NaN
  quantity = NaN
  /** Whether the seller was the aggressor. */
  sold = false
  /** Counts of levels on each side: `levels` holds price, quantity of the bids, then of the asks. A quote has one each. */
  bids = 0
  asks = 0
  levels = new Float64Array(4096)

  clear(): void {
    this.kind = 'broken'
    this.receivedUs = this.eventUs = this.first = this.last = this.previous = NaN
    this.tradeId = this.price = this.quantity = NaN
    this.symbol = ''
    this.sold = false
    this.bids = this.asks = 0
  }

  /** Adds a level behind the last one; the caller counts it to a side. */
  push(index: number, price: number, quantity: number): void {
    if (2 * index + 2 > this.levels.length) this.grow()
    this.levels[2 * index] = price
    this.levels[2 * index + 1] = quantity
  }

  /** Makes room for twice as many levels. */
  grow(): void {
    const grown = new Float64Array(2 * this.levels.length)
    grown.set(this.levels)
    this.levels = grown
  }
}
