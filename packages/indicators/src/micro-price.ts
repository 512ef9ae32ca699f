import { solveLinear } from './solve-linear.ts'

const BINS = 10
/** States: ten bins of the queue imbalance, spread of one tick or more. */
const STATES = 2 * BINS
/** Of each state: transitions without a move of the mid price, with one, and the sum of these moves. */
const ROW = 2 * STATES + 1
/** Moves beyond this many ticks count as so many. */
const MOST_TICKS = 2
/** Terms of the series, besides the first. */
const TERMS = 5

/** Counted transitions of quotes, and what the micro-price adds to the mid price, as plain data. */
export interface MicroPrice {
  /** Of this session and of the one before it. */
  counts: Float64Array
  earlier: Float64Array
  /** Quotes in both. */
  quotes: number
  earlierQuotes: number
  /** Ticks above the mid price by state; NaN until it is solved, and for states never seen. */
  readonly lean: Float64Array
  /** The state of the quote before, −1 without one, and its bid + ask, ticks. */
  state: number
  sum: number
}
export const createMicroPrice = (): MicroPrice => ({
  counts: new Float64Array(STATES * ROW), earlier: new Float64Array(STATES * ROW), quotes: 0, earlierQuotes: 0,
  lean: new Float64Array(STATES).fill(NaN), state: -1, sum: NaN,
})

/** State of a quote; prices in ticks. */
export function quoteState(bid: number, ask: number, bidQuantity: number, askQuantity: number): number {
  const bin = Math.floor((BINS * bidQuantity) / (bidQuantity + askQuantity))
  return Math.min(BINS - 1, bin) + (ask - bid > 1 ? BINS : 0)
}
const mirrored = (state: number): number => (state < BINS ? BINS - 1 - state : 3 * BINS - 1 - state)

/** Counts the transition from the quote before; prices in ticks, the quantities above 0. */
export function addQuote(micro: MicroPrice, bid: number, ask: number, bidQuantity: number, askQuantity: number): void {
  const state = quoteState(bid, ask, bidQuantity, askQuantity)
  const move = (bid + ask - micro.sum) / 2
  if (micro.state >= 0) {
    const row = micro.state * ROW
    micro.counts[row + state + (move === 0 ? 0 : STATES)]! += 1
    micro.counts[row + 2 * STATES]! += Math.max(-MOST_TICKS, Math.min(MOST_TICKS, move))
    micro.quotes++
  }
  micro.state = state
  micro.sum = bid + ask
}

/** A new session begins: what was counted two sessions ago is forgotten. */
export function turnSession(micro: MicroPrice): void {
  const spent = micro.earlier.fill(0)
  micro.earlier = micro.counts
  micro.counts = spent
  micro.earlierQuotes = micro.quotes
  micro.quotes = 0
}

/**
 * Solves for `lean`: g = Σₖ Bᵏ (1 − Q)⁻¹ r with B = (1 − Q)⁻¹ R, of counts made symmetric: bid and ask may be exchanged.
 * Where quotes never leave a set of states nothing is known. O(states³)
 * @source Stoikov (2018), The micro-price: a high-frequency estimator of future prices
 */
// `!`: states and rows are within the arrays.
export function solveMicroPrice({ counts, earlier, lean }: MicroPrice): void {
  const stay = new Float64Array(STATES * STATES)
  const moves = new Float64Array(STATES * (STATES + 1))
  const at = (from: number, to: number) => counts[from * ROW + to]! + earlier[from * ROW + to]!
  const seen = lean.map((_, from) => {
    const other = mirrored(from)
    let total = 0
    for (let to = 0; to < 2 * STATES; to++) total += at(from, to) + at(other, to)
    for (let to = 0; to < STATES; to++) {
      const share = (kind: number) => (at(from, to + kind) + at(other, mirrored(to) + kind)) / Math.max(1, total)
      stay[from * STATES + to] = (from === to ? 1 : 0) - share(0)
      moves[from * (STATES + 1) + to] = share(STATES)
    }
    moves[from * (STATES + 1) + STATES] = (at(from, 2 * STATES) - at(other, 2 * STATES)) / Math.max(1, total)
    return total
  })
  if (!solveLinear(stay, moves, STATES)) {
    lean.fill(NaN)
    return
  }
  let term = lean.map((_, from) => moves[from * (STATES + 1) + STATES]!)
  lean.set(term)
  for (let k = 1; k <= TERMS; k++) {
    term = term.map((_, from) => term.reduce((sum, value, to) => sum + moves[from * (STATES + 1) + to]! * value, 0))
    for (let from = 0; from < STATES; from++) lean[from]! += term[from]!
  }
  for (let from = 0; from < STATES; from++) if (seen[from] === 0) lean[from] = NaN
}
