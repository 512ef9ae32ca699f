import type { Instrument } from '../vocabulary/instrument.ts'
import type { TradeView } from '../vocabulary/views.ts'

/** A struct-of-arrays ring of trades. Its writer fills slot `next()`, then hands `view` to the handlers. */
export class TradeTape {
  readonly instruments: readonly Instrument[]
  readonly capacity: number
  readonly instrument: Uint16Array
  readonly sequence: Float64Array
  readonly tsEvent: Float64Array
  readonly tsInit: Float64Array
  readonly price: Float64Array
  readonly quantity: Float64Array
  /** 1: the buyer was the aggressor; 0: the seller. */
  readonly bought: Uint8Array
  readonly id: string[]
  readonly origin: string[]
  /** The slot that `view` reads. */
  slot = 0
  readonly view: TradeView

  /** @param capacity slots, a power of two */
  constructor(instruments: readonly Instrument[], capacity = 1024) {
    this.instruments = instruments
    this.capacity = capacity
    this.instrument = new Uint16Array(capacity)
    this.sequence = new Float64Array(capacity)
    this.tsEvent = new Float64Array(capacity)
    this.tsInit = new Float64Array(capacity)
    this.price = new Float64Array(capacity)
    this.quantity = new Float64Array(capacity)
    this.bought = new Uint8Array(capacity)
    this.id = new Array<string>(capacity).fill('')
    this.origin = new Array<string>(capacity).fill('')
    this.view = new TapeView(this)
  }

  /** Advances to the next slot and returns it. */
  next(): number {
    return (this.slot = (this.slot + 1) & (this.capacity - 1))
  }
}

// `!` below: slot is masked to the capacity, and instrument[] holds indices of instruments only.
class TapeView implements TradeView {
  readonly #tape: TradeTape
  constructor(tape: TradeTape) {
    this.#tape = tape
  }
  get symbol() {
    return this.#tape.instruments[this.#tape.instrument[this.#tape.slot]!]!.symbol
  }
  get venue() {
    return this.#tape.instruments[this.#tape.instrument[this.#tape.slot]!]!.venue
  }
  get origin() {
    return this.#tape.origin[this.#tape.slot]!
  }
  get sequence() {
    return this.#tape.sequence[this.#tape.slot]!
  }
  get tsEvent() {
    return this.#tape.tsEvent[this.#tape.slot]!
  }
  get tsInit() {
    return this.#tape.tsInit[this.#tape.slot]!
  }
  get price() {
    return this.#tape.price[this.#tape.slot]!
  }
  get quantity() {
    return this.#tape.quantity[this.#tape.slot]!
  }
  get aggressor() {
    return this.#tape.bought[this.#tape.slot] === 1 ? ('buy' as const) : ('sell' as const)
  }
  get id() {
    return this.#tape.id[this.#tape.slot]!
  }
}
