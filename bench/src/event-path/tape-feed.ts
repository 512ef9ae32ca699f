import { createRandom, emptyBook, instrument, TradeTape } from '@tapeloom/core'
import type { AdvanceState, DataFeed, DataHost, DataPort, HostRecord, MarketSymbol, Plain, Store } from '@tapeloom/core'
import { COLUMNS, type Tape } from './module-bodies.ts'

/** Trades that are prepared; the run goes round and round them. */
export const RING = 1 << 16
const TURN = 1 << 16
/** Events between two boundaries of a symbol. */
const BOUNDARY = 1 << 14

/** A seeded tape over `symbols` symbols. */
export function makeTape(symbols: number): Tape {
  const random = createRandom(1, 'bench')
  const tape = {
    symbol: new Uint16Array(RING), price: new Float64Array(RING), quantity: new Float64Array(RING), bought: new Uint8Array(RING), tsInit: new Float64Array(RING),
  }
  let price = 60_000
  for (let i = 0; i < RING; i++) {
    price += Math.round(random.normal() * 4) / 10
    tape.symbol[i] = i % symbols
    tape.price[i] = price
    tape.quantity[i] = Math.exp(random.normal()) / 100
    tape.bought[i] = random.next() < 0.5 ? 1 : 0
    tape.tsInit[i] = i * 1000
  }
  return tape
}

/** The data side at its barest: it hands the tape's trades to the host and decides on each row. */
export class TapeFeed implements DataPort, DataFeed {
  readonly sources = []
  readonly store: Store
  readonly counts = { trade: 0, book: 0, candle: 0 }
  readonly progress = { done: 0, total: undefined }
  readonly recovering = false
  readonly journalled = false
  readonly symbols
  readonly books
  readonly lanes = { gather: never, last: () => undefined, candles: () => undefined, rebuild: never }
  readonly #tape: Tape
  readonly #view: TradeTape
  readonly #weights: Float64Array
  readonly #rows: Float64Array[] = []
  #host!: DataHost
  #done = 0
  #limit = 0
  decisions = 0

  constructor(tape: Tape, symbols: number, weights: Float64Array) {
    const instruments = Array.from({ length: symbols }, (_, i) => instrument(`S${i}/USDT` as MarketSymbol, { venue: 'bench', tickSize: '0.1', lotSize: '0.00001' }))
    this.symbols = instruments.map((one) => ({ symbol: one.symbol, instrument: one, boundaryUs: 1e6 }))
    this.books = instruments.map(() => emptyBook)
    this.#tape = tape
    this.#weights = weights
    this.#view = new TradeTape(instruments, RING)
    this.#view.instrument.set(tape.symbol)
    this.#view.price.set(tape.price)
    this.#view.quantity.set(tape.quantity)
    this.#view.bought.set(tape.bought)
    this.#view.tsInit.set(tape.tsInit)
    this.store = {} as Store
  }

  attach(host: DataHost): DataFeed {
    this.#host = host
    return this
  }
  /** Lets the next run go on for so many events. */
  allow(events: number): void {
    this.#limit = this.#done + events
  }

  advance(): AdvanceState {
    const end = Math.min(this.#limit, this.#done + TURN)
    const [host, view, weights, { symbol, tsInit }] = [this.#host, this.#view, this.#weights, this.#tape]
    for (let i = this.#done; i < end; i++) {
      const slot = i & (RING - 1)
      const index = symbol[slot] as number
      const time = tsInit[slot] as number
      view.slot = slot
      host.begin(i, time, time)
      if (i % BOUNDARY < this.symbols.length) host.boundary(index, time)
      host.trade(index, view.view)
      if (weightedSum(this.#rows[index] as Float64Array, weights) > 0) this.decisions++
      host.end()
    }
    this.#done = end
    return end < this.#limit ? 'turn' : 'ended'
  }

  /** The host hands over the row it keeps: what is decided on. */
  freeze(symbol: number, _time: number, _layout: string, values: Float64Array): void {
    this.#rows[symbol] = values
  }
  async prepare(): Promise<void> {}
  async open() {
    return { snapshot: undefined }
  }
  async fill(): Promise<void> {}
  takeRecord(): HostRecord {
    throw new Error('nothing is recorded')
  }
  append(): number {
    return 0
  }
  layout(): void {}
  project(): void {}
  async pressure(): Promise<void> {}
  async flush(): Promise<void> {}
  snapshot(): Plain {
    return null
  }
  restore(): void {}
  async keepSnapshot(): Promise<void> {}
  async close(): Promise<void> {}
}

/** Unrolled, as in the fused loop. */
const weightedSum = new Function('row', 'w', `return ${Array.from({ length: COLUMNS }, (_, i) => `w[${i}] * row[${i}]`).join(' + ')}`) as (row: Float64Array, weights: Float64Array) => number

function never(): never {
  throw new Error('the bench has no lanes')
}
