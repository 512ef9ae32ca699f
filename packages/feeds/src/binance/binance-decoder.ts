import type { BookMessage, Grid, Instrument, MarketInput } from '@tapeloom/core'
import { BookSync } from '@tapeloom/data/book'
import type { BinanceMessage } from './binance-message.ts'
import { binanceFutures, binanceSpot } from './binance-sequence.ts'

type Levels = (readonly [price: number, quantity: number])[]
interface Update {
  readonly bids: Levels
  readonly asks: Levels
}
/** Depth limits that the venue serves: a side of exactly so many levels was cut off there. */
const LIMITS = [5, 10, 20, 50, 100, 500, 1000, 5000]

/**
 * Turns the messages of one symbol into inputs, one a message or none; sequencing is resolved here: a book begins with
 * the snapshot that the updates before it have been applied to, and a missing update becomes a gap.
 */
export class BinanceDecoder {
  readonly instrument: Instrument
  readonly #sync: BookSync<Update>
  #lastUs = NaN
  #sequence = 0
  // Levels beyond a snapshot's range that came before it: told with the next update, or the range would seem wider.
  #beyond: Update = { bids: [], asks: [] }

  constructor(instrument: Instrument) {
    this.instrument = instrument
    this.#sync = new BookSync(instrument.kind === 'spot' ? binanceSpot() : binanceFutures())
  }

  /**
   * The input that a message becomes, or undefined: quotes, and updates that wait for a snapshot or are too old.
   * @param sequence its place in the source
   */
  decode(message: BinanceMessage, sequence: number): MarketInput | undefined {
    this.#sequence = sequence
    if (Number.isNaN(message.eventUs)) message.eventUs = Number.isNaN(this.#lastUs) ? message.receivedUs : this.#lastUs
    else this.#lastUs = message.eventUs
    if (message.kind === 'trade') return this.#trade(message)
    if (message.kind === 'depth') return this.#depth(message)
    return message.kind === 'snapshot' ? this.#snapshot(message) : undefined
  }

  #trade(message: BinanceMessage): MarketInput | undefined {
    const { price, quantity, sold, tradeId } = message
    const { tick, lot } = this.instrument
    if (!isOn(tick, price) || !isOn(lot, quantity)) return this.#gap(message, 'finer-step')
    return { kind: 'trade', ...this.#stamp(message), price, quantity, aggressor: sold ? 'sell' : 'buy', id: String(tradeId) }
  }

  #depth(message: BinanceMessage): MarketInput | undefined {
    const update = this.#levels(message)
    if (!update) return this.#gap(message, 'finer-step')
    const verdict = this.#sync.update({ first: message.first, last: message.last, previous: message.previous }, update)
    if (verdict === 'gap') return this.#gap(message, 'desync')
    if (verdict !== 'apply') return undefined
    const { bids, asks } = this.#beyond
    this.#beyond = { bids: [], asks: [] }
    return this.#book(message, 'delta', { bids: [...bids, ...update.bids], asks: [...asks, ...update.asks] }, false)
  }

  #snapshot(message: BinanceMessage): MarketInput | undefined {
    if (this.#sync.isOld(message.last)) return undefined
    const levels = this.#levels(message)
    if (!levels) return this.#gap(message, 'finer-step')
    const wasLive = this.#sync.live
    const updates = this.#sync.snapshot(message.last)
    if (!updates) return wasLive ? this.#gap(message, 'desync') : undefined
    const partial = LIMITS.includes(message.bids) || LIMITS.includes(message.asks)
    const bids = merge(levels.bids, updates.map((update) => update.bids), -1, partial)
    const asks = merge(levels.asks, updates.map((update) => update.asks), 1, partial)
    this.#beyond = { bids: bids.beyond, asks: asks.beyond }
    return this.#book(message, 'snapshot', { bids: bids.inside, asks: asks.inside }, partial)
  }

  #gap(message: BinanceMessage, reason: string): MarketInput {
    this.#sync.lose() // of a trade, too: whoever hears of a gap lets the book go
    return { kind: 'gap', ...this.#stamp(message), reason }
  }

  #book(message: BinanceMessage, update: BookMessage['update'], { bids, asks }: Update, partial: boolean): MarketInput {
    return { kind: 'book', ...this.#stamp(message), update, bids, asks, ...(partial && { partial }) }
  }

  #stamp({ eventUs, receivedUs }: BinanceMessage) {
    return { symbol: this.instrument.symbol, tsEvent: eventUs, tsInit: receivedUs, sourceSequence: this.#sequence }
  }

  /** Copies the message's levels; undefined when one lies off the grid. */
  #levels(message: BinanceMessage): Update | undefined {
    const { levels } = message
    const { tick, lot } = this.instrument
    const update: Update = { bids: [], asks: [] }
    for (let i = 0; i < message.bids + message.asks; i++) {
      const [price, quantity] = [levels[2 * i]!, levels[2 * i + 1]!]
      if (!isOn(tick, price) || !isOn(lot, quantity)) return undefined
      ;(i < message.bids ? update.bids : update.asks).push([price, quantity])
    }
    return update
  }
}

/** Whether a value lies on a grid that was read off the first lines of a file. */
function isOn(grid: Grid, value: number): boolean {
  const steps = (value * grid.scale) / grid.k
  return Math.abs(steps - Math.round(steps)) < 1e-3
}

/** A side with updates applied, best first, parted at the outermost price of the snapshot when that was cut off. */
function merge(side: Levels, updates: readonly Levels[], sign: 1 | -1, partial: boolean): { inside: Levels; beyond: Levels } {
  const levels = new Map(side)
  for (const [price, quantity] of updates.flat()) levels.set(price, quantity)
  let edge = -Infinity
  for (const [price] of side) edge = Math.max(edge, sign * price)
  const sorted = [...levels].filter(([, quantity]) => quantity !== 0).sort((a, b) => sign * (a[0] - b[0]))
  if (!partial) return { inside: sorted, beyond: [] }
  return {
    inside: sorted.filter(([price]) => sign * price <= edge),
    beyond: sorted.filter(([price]) => sign * price > edge),
  }
}
