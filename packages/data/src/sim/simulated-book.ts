import { createRandom, fromGrid, type BookMessage, type Instrument, type SeededRandom } from '@tapeloom/core'

/** Distances of the levels from the best, in ticks: dense at the touch, ~12 bps deep at a price of 60,000. */
const OFFSETS = [0, 1, 2, 3, 4, 8, 14, 22, 32, 45, 62, 85, 115, 155, 205, 270, 350, 450, 560, 700]
const LEVELS = OFFSETS.length
const TOP = 5
/** Depth imbalance that a sign shows, and how far noise may move it: the sign always stays visible. */
const SHOWN = 0.5
const NOISE = 0.15

type Levels = readonly (readonly [number, number])[]

/**
 * A book of 20 levels a side around the price. (bids − asks)/(bids + asks) over the five best levels is
 * S·0.5 ± 0.15, the noise new each second; the deeper levels lean the same way.
 */
export class SimulatedBook {
  readonly #instrument: Instrument
  readonly #random: SeededRandom
  readonly #usualLots: number
  readonly #bids = new Side(-1)
  readonly #asks = new Side(1)
  #sign = 0
  bestBid = NaN
  bestAsk = NaN

  constructor(instrument: Instrument, seed: number, level: number) {
    this.#instrument = instrument
    this.#random = createRandom(seed, 'sim', instrument.symbol, 'book')
    this.#usualLots = Math.max(100, Math.round(((0.8 * 60_000) / level) * (instrument.lot.scale / instrument.lot.k)))
  }

  /** Moves the book to a price and a sign; returns what changed. */
  update(price: number, sign: number): { readonly bids: Levels; readonly asks: Levels } {
    const { tick } = this.#instrument
    const bid = Math.floor((price * tick.scale) / tick.k)
    const whole = bid !== this.#bids.best || sign !== this.#sign
    this.#sign = sign
    const imbalance = SHOWN * sign + NOISE * (2 * this.#random.next() - 1)
    this.#fill(this.#bids, bid, 1 + imbalance, 1 + SHOWN * sign, whole)
    this.#fill(this.#asks, bid + 1, 1 - imbalance, 1 - SHOWN * sign, whole)
    this.bestBid = fromGrid(tick, bid)
    this.bestAsk = fromGrid(tick, bid + 1)
    return { bids: this.#bids.changes(this.#instrument), asks: this.#asks.changes(this.#instrument) }
  }

  /** The whole book. */
  snapshot(): Pick<BookMessage, 'bids' | 'asks'> {
    return { bids: this.#bids.all(this.#instrument), asks: this.#asks.all(this.#instrument) }
  }

  /** Spreads 5 × the usual size × `lean` over the five best levels: their sum is exact. `deepLean` leans the rest. */
  #fill(side: Side, best: number, lean: number, deepLean: number, whole: boolean): void {
    side.begin(best)
    const weights = side.weights
    let sum = 0
    for (let i = 0; i < TOP; i++) sum += weights[i] = 0.5 + this.#random.next()
    for (let i = 0; i < TOP; i++) side.lots[i] = Math.round((TOP * this.#usualLots * lean * weights[i]!) / sum)
    if (!whole) return
    for (let i = TOP; i < LEVELS; i++)
      side.lots[i] = Math.round(this.#usualLots * deepLean * (0.5 + this.#random.next()))
  }
}

/** One side: its levels now and before, best first. */
// `!` below: all indices are below LEVELS.
class Side {
  readonly direction: -1 | 1
  readonly lots = new Float64Array(LEVELS)
  readonly weights = new Float64Array(TOP)
  readonly #before = new Float64Array(LEVELS)
  best = NaN
  #bestBefore = NaN

  constructor(direction: -1 | 1) {
    this.direction = direction
  }

  begin(best: number): void {
    this.#before.set(this.lots)
    this.#bestBefore = this.best
    this.best = best
  }

  all({ tick, lot }: Instrument): Levels {
    return OFFSETS.map(
      (offset, i) => [fromGrid(tick, this.best + this.direction * offset), fromGrid(lot, this.lots[i]!)] as const,
    )
  }

  /** Levels that differ from before: two pointers over both ladders, from the best outwards. */
  changes({ tick, lot }: Instrument): Levels {
    const changed: (readonly [number, number])[] = []
    const { direction, lots, best } = this
    const shift = Number.isNaN(this.#bestBefore) ? 0 : direction * (this.#bestBefore - best)
    const before = (i: number): number => (i < LEVELS ? OFFSETS[i]! + shift : Infinity)
    const now = (j: number): number => (j < LEVELS ? OFFSETS[j]! : Infinity)
    for (let [i, j] = [0, 0]; i < LEVELS || j < LEVELS;) {
      const [old, own] = [before(i), now(j)]
      const price = fromGrid(tick, best + direction * Math.min(old, own))
      if (old < own) changed.push([price, 0])
      else if (own < old || lots[j] !== this.#before[i]) changed.push([price, fromGrid(lot, lots[j]!)])
      if (old <= own) i++
      if (own <= old) j++
    }
    return changed
  }
}
