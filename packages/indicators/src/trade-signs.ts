/**
 * Infers who was the aggressor of trades whose venue does not say: above the mid price of the last quote at least `lagUs`
 * earlier in exchange time a buyer, below it a seller; at it, or without a quote, by the last move of the trade price.
 * For exploration and for sources; where the venue names the aggressor, take that.
 * @source Lee, Ready (1991), Inferring trade direction from intraday data; with 1 ms in place of their 5 s
 */
export class TradeSigns {
  readonly lagUs: number
  #quotes: { readonly at: number; readonly twiceMid: number }[] = []
  #twiceMid = NaN
  #price = NaN
  #move: 1 | -1 | 0 = 0

  constructor(lagUs = 1000) {
    this.lagUs = lagUs
  }

  /** Takes a quote at its exchange time, µs; in order. Prices in ticks keep the mid price exact. */
  quote(tsEvent: number, bid: number, ask: number): void {
    this.#quotes.push({ at: tsEvent, twiceMid: bid + ask })
  }

  /** 1 for a buyer, −1 for a seller, 0 while nothing is known. */
  sign(tsEvent: number, price: number): 1 | -1 | 0 {
    let used = 0
    for (const { at, twiceMid } of this.#quotes) {
      if (at > tsEvent - this.lagUs) break
      this.#twiceMid = twiceMid
      used++
    }
    if (used > 0) this.#quotes.splice(0, used)
    if (price !== this.#price && !Number.isNaN(this.#price)) this.#move = price > this.#price ? 1 : -1
    this.#price = price
    return 2 * price > this.#twiceMid ? 1 : 2 * price < this.#twiceMid ? -1 : this.#move
  }
}
