import type { Instrument } from '../vocabulary/instrument.ts'
import type { TradeView } from '../vocabulary/views.ts'

/**
 * The trade that handlers see: its writer sets all fields, then hands out `view`. Fields of a plain object are the
 * cheapest to read many times, and numbers in them are written in place: no garbage.
 */
export class TradeTape {
  declare instrument: Instrument
  origin = ''
  sequence = NaN
  tsEvent = NaN
  tsInit = NaN
  price = NaN
  quantity = NaN
  aggressor: TradeView['aggressor'] = 'buy'
  id = ''
  readonly view: TradeView = new TapeView(this)

  constructor(instrument: Instrument) { this.instrument = instrument }
}

class TapeView implements TradeView {
  readonly #tape: TradeTape
  constructor(tape: TradeTape) { this.#tape = tape }
  get symbol() { return this.#tape.instrument.symbol } get venue() { return this.#tape.instrument.venue }
  get origin() { return this.#tape.origin } get sequence() { return this.#tape.sequence }
  get tsEvent() { return this.#tape.tsEvent } get tsInit() { return this.#tape.tsInit }
  get price() { return this.#tape.price } get quantity() { return this.#tape.quantity }
  get aggressor() { return this.#tape.aggressor } get id() { return this.#tape.id }
}
