import type { BookReader } from '@tapeloom/core'
import { addRow, advanceSums, clearSums, createTimedSums, orderFlow, type TimedSums } from '@tapeloom/indicators'

/** Ranks of the multi-level order flow. */
export const RANKS = 5
/** Fields of the sums: events, flow and depth of the best, flow and mean depth of all ranks. */
const FIELDS = 5

/** Order flow imbalance over several windows, as plain data. */
export interface QuoteFlow {
  /** `[bid prices, bid quantities, ask prices, ask quantities]`, best first, of the event before; NaN where there is none. */
  readonly before: Float64Array
  readonly sums: TimedSums
  /** Since when events have been heard without a loss, µs. */
  since: number
}
export const createQuoteFlow = (spansUs: readonly number[]): QuoteFlow => ({
  before: new Float64Array(4 * RANKS).fill(NaN), sums: createTimedSums(spansUs, FIELDS), since: NaN,
})

/** Scratch only. */
const sides = Array.from({ length: 4 }, () => new Float64Array(RANKS))
const row = new Float64Array(FIELDS)

/** Takes a live book after a change; one that does not follow from the event before adds no flow. */
// `!`: ranks are within the scratch and `before`.
export function addBook({ before, sums }: QuoteFlow, book: BookReader, follows: boolean, ranks: number): void {
  const [bids, bidQty, asks, askQty] = sides as [Float64Array, Float64Array, Float64Array, Float64Array]
  for (const side of sides) side.fill(NaN)
  if (ranks === 1) {
    bids[0] = book.bestBid
    bidQty[0] = book.bestBidQuantity
    asks[0] = book.bestAsk
    askQty[0] = book.bestAskQuantity
  } else {
    book.depth('bid', ranks, bids, bidQty)
    book.depth('ask', ranks, asks, askQty)
  }
  row.fill(0)
  row[0] = 1
  for (let i = 0; i < ranks; i++) {
    const flow = follows
      ? orderFlow(before[i]!, before[RANKS + i]!, before[2 * RANKS + i]!, before[3 * RANKS + i]!, bids[i]!, bidQty[i]!, asks[i]!, askQty[i]!)
      : NaN
    const depth = (bidQty[i]! + askQty[i]!) / 2
    if (i === 0) row[2] = depth
    if (i === 0 && flow === flow) row[1] = flow
    if (flow === flow) row[3] = row[3]! + flow
    if (depth === depth) row[4] = row[4]! + depth
    before[i] = bids[i]!
    before[RANKS + i] = bidQty[i]!
    before[2 * RANKS + i] = asks[i]!
    before[3 * RANKS + i] = askQty[i]!
  }
  addRow(sums, row)
}

/** The book is lost: what it was does not tell what comes. */
export function forgetBook(flow: QuoteFlow): void {
  flow.before.fill(NaN)
  clearSums(flow.sums)
  flow.since = NaN
}

/** Flow of the best over its mean depth, in `window`; `deep`: of all ranks. NaN without a change, or while not heard for so long. */
export function flowOf({ sums: { totals, widths }, since }: QuoteFlow, window: number, now: number, deep: boolean): number {
  const at = window * FIELDS
  if (!(now - since >= 50 * widths[window]!) || totals[at] === 0) return NaN
  return (totals[at]! * totals[at + (deep ? 3 : 1)]!) / totals[at + (deep ? 4 : 2)]!
}

/** Goes on to a time, µs. */
export const advanceFlow = ({ sums }: QuoteFlow, now: number): void => advanceSums(sums, now)
