import { addRow, advanceSums, createTimedSums, settleSums, type TimedSums } from './timed-sums.ts'

/** How long after a trade the price is looked at, and the span whose trades count, µs. */
const AFTER_US = 5e6
const SPAN_US = 300e6
/** Trades wait in bins of a tenth of a second, each `[end µs, trades, Σ d·p/m, Σ d/m, Σ d]`; d is the sign, m the mid price. */
const BIN_US = 1e5
const BINS = 64
const FIELDS = 5
/** Fields of the sums: trades, effective, realised, impact (ratios); pairs of price changes, products, and their sums. */
const SUMS = 8

/** Spreads that trades paid, and the bounce of their prices, as plain data. */
export interface TradeSpreads {
  readonly waiting: Float64Array
  /** When the first of them is due, µs. */
  due: number
  readonly sums: TimedSums
  /** The price before, and the change to it, ticks. */
  price: number
  change: number
}
export const createTradeSpreads = (): TradeSpreads => ({
  waiting: new Float64Array(BINS * FIELDS), due: Infinity, sums: createTimedSums([SPAN_US], SUMS), price: NaN, change: NaN,
})
const row = new Float64Array(SUMS)

/** Goes on to a time, µs, with the mid price that held until then: trades 5 s ago get their price after. */
// `!`: bins are within the ring.
export function matureSpreads(spreads: TradeSpreads, now: number, mid: number): void {
  const { waiting, sums } = spreads
  advanceSums(sums, now)
  if (now < spreads.due) return
  spreads.due = Infinity
  for (let at = 0; at < waiting.length; at += FIELDS) {
    const due = waiting[at]! + AFTER_US
    if (waiting[at] === 0) continue
    if (due > now) {
      spreads.due = Math.min(spreads.due, due)
      continue
    }
    const [trades, paid, signs, sign] = [waiting[at + 1]!, waiting[at + 2]!, waiting[at + 3]!, waiting[at + 4]!]
    waiting[at] = 0
    if (Number.isNaN(mid)) continue
    row.fill(0)
    row[0] = trades
    row[1] = 2 * (paid - sign)
    row[2] = 2 * (paid - mid * signs)
    row[3] = 2 * (mid * signs - sign)
    addRow(sums, row)
  }
}

/** Adds a trade (`sign` 1: bought) with the mid price before it; first go on to its time. */
export function addToSpreads(spreads: TradeSpreads, now: number, sign: number, price: number, ticks: number, mid: number): void {
  const { waiting, sums } = spreads
  if (mid === mid) {
    const bin = Math.floor(now / BIN_US)
    const at = (bin % BINS) * FIELDS
    if (waiting[at] !== (bin + 1) * BIN_US) waiting.fill(0, at, at + FIELDS)
    waiting[at] = (bin + 1) * BIN_US
    spreads.due = Math.min(spreads.due, waiting[at]! + AFTER_US)
    waiting[at + 1] = waiting[at + 1]! + 1
    waiting[at + 2] = waiting[at + 2]! + (sign * price) / mid
    waiting[at + 3] = waiting[at + 3]! + sign / mid
    waiting[at + 4] = waiting[at + 4]! + sign
  }
  const change = ticks - spreads.price
  if (change === change && spreads.change === spreads.change) {
    row.fill(0)
    row[4] = 1
    row[5] = change * spreads.change
    row[6] = change
    row[7] = spreads.change
    addRow(sums, row)
  }
  spreads.change = change
  spreads.price = ticks
}

/** Mean of the last five minutes over trades whose price 5 s after is known, bps: what they paid, kept, and moved. */
export function spreadBps({ sums }: TradeSpreads, what: 'effective' | 'realised' | 'impact'): number {
  settleSums(sums)
  const { totals } = sums
  return (1e4 * totals[what === 'effective' ? 1 : what === 'realised' ? 2 : 3]!) / totals[0]!
}

/** Roll's spread of the last five minutes, ticks. */
export function rollTicks({ sums }: TradeSpreads): number {
  settleSums(sums)
  return rollSpread(sums.totals[4]!, sums.totals[5]!, sums.totals[6]!, sums.totals[7]!)
}

/**
 * The spread that makes prices bounce: 2 √−cov of neighbouring price changes, from `pairs`, the sum of their products, and
 * the sums of both; NaN where they go on rather than bounce.
 * @source Roll (1984), A simple implicit measure of the effective bid-ask spread
 */
export const rollSpread = (pairs: number, products: number, later: number, earlier: number): number =>
  2 * Math.sqrt((later * earlier) / (pairs * pairs) - products / pairs)
