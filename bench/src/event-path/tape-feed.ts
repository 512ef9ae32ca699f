import { createRandom, emptyBook, instrument, TradeTape } from '@tapeloom/core'
import type { AdvanceState, DataFeed, DataHost, DataPort, HostRecord, MarketSymbol, Plain, Store } from '@tapeloom/core'
import { COLUMNS, FEATURES, type Tape } from './module-bodies.ts'

/** Trades that are prepared; the run goes round and round them. */
export const RING = 1 << 16
const TURN = 1 << 16
/** Events of a symbol between two of its boundaries. */
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
  readonly #trades: readonly TradeTape[]
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
    this.#trades = instruments.map((one) => new TradeTape(one))
    this.store = {} as Store
  }

  attach(host: DataHost): DataFeed {
    this.#host = host
    return this
  }
  /** Lets the next run go on up to an event. */
  allow(to: number): void {
    this.#limit = to
  }

  advance(): AdvanceState {
    const end = Math.min(this.#limit, this.#done + TURN)
    const [host, weights, tape, count] = [this.#host, this.#weights, this.#tape, this.symbols.length]
    for (let i = this.#done; i < end; i++) {
      const slot = i & (RING - 1)
      const index = tape.symbol[slot] as number
      const time = tape.tsInit[slot] as number
      host.begin(i, time, time)
      if (i % (BOUNDARY * count) < count) host.boundary(index, time)
      const trade = this.#trades[index] as TradeTape
      trade.origin = 'bench'
      trade.sequence = i
      trade.tsEvent = time
      trade.tsInit = time
      trade.price = tape.price[slot] as number
      trade.quantity = tape.quantity[slot] as number
      trade.aggressor = tape.bought[slot] === 1 ? 'buy' : 'sell'
      trade.id = ''
      host.trade(index, trade.view)
      if (sum(this.#rows[index] as Float64Array, weights) > 0) this.decisions++
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

/** The sum of the fused loop in its order, a module at a time: written out whole, V8 spills all the row to the stack. */
const sum = new Function('row', 'w', `
  let all = 0
  for (let k = 0; k < ${COLUMNS}; k += ${FEATURES}) all += ${Array.from({ length: FEATURES }, (_, j) => `w[k + ${j}] * row[k + ${j}]`).join(' + ')}
  return all`) as (row: Float64Array, weights: Float64Array) => number

function never(): never {
  throw new Error('the bench has no lanes')
}
