import { createRandom } from '@tapeloom/core'
import type { MarketSymbol } from '@tapeloom/core'

/** Moves of the price in a minute, and seconds from one to the next. */
export const MOVES = 20
export const MOVE_SECONDS = 3
const PERSISTENCE = 0.98
const VOLATILITY_NOISE = 0.1
/** Median deviation of a minute's log return. */
const MINUTE_SIGMA = 8e-4

/**
 * A log price that walks at random, 20 moves a minute or as many as told; the log of its volatility is an AR(1) per minute (.98, .1).
 * Minute m drifts by beta·S_m·sigma_m, S_m = ±1 fair and independent: with beta 0 nothing is foretold.
 */
export class PricePath {
  readonly #beta: number
  readonly #perMinute: number
  readonly #moves
  readonly #volatilities
  readonly #signs
  #logPrice: number
  #logVolatility: number
  #sigma = 0
  #sign = 1
  #nextSign: number

  constructor(seed: number, symbol: MarketSymbol, level: number, beta: number, perMinute = MOVES) {
    this.#beta = beta
    this.#perMinute = perMinute
    this.#moves = createRandom(seed, 'sim', symbol, 'moves')
    this.#volatilities = createRandom(seed, 'sim', symbol, 'volatility')
    this.#signs = createRandom(seed, 'sim', symbol, 'signs')
    this.#logPrice = Math.log(level)
    // the stationary deviation of the AR(1)
    this.#logVolatility = (VOLATILITY_NOISE / Math.sqrt(1 - PERSISTENCE * PERSISTENCE)) * this.#volatilities.normal()
    this.#nextSign = this.#drawSign()
  }

  /** The sign that drives the coming minute (before its first move) or this one. */
  get sign(): number {
    return this.#sign
  }

  /** The sign of the minute after this one: shown in the book just before it begins. */
  get nextSign(): number {
    return this.#nextSign
  }

  get price(): number {
    return Math.exp(this.#logPrice)
  }

  /** A minute begins: its sign and its volatility are drawn. */
  beginMinute(): void {
    this.#sign = this.#nextSign
    this.#nextSign = this.#drawSign()
    this.#logVolatility = PERSISTENCE * this.#logVolatility + VOLATILITY_NOISE * this.#volatilities.normal()
    this.#sigma = MINUTE_SIGMA * Math.exp(this.#logVolatility)
  }

  /** One of the minute's moves. */
  move(): void {
    const noise = this.#moves.normal() / Math.sqrt(this.#perMinute)
    this.#logPrice += this.#sigma * ((this.#beta * this.#sign) / this.#perMinute + noise)
  }

  #drawSign(): number {
    return this.#signs.next() < 0.5 ? -1 : 1
  }
}
