import type { BookView } from '@tapeloom/core'
import { addRow, advanceSums, clearSums, createTimedSums, orderFlow, settleSums, type TimedSums } from '@tapeloom/indicators'

/** Ranks of the multi-level order flow. */
export const RANKS = 5
/** Most changed levels of an event that are looked through one by one. */
const MOST_RESIZED = 4
/** Fields of the sums: events, flow and depth of the best, flow and mean depth of all ranks. */
const FIELDS = 5

/** Order flow imbalance over several windows, as plain data. */
export interface QuoteFlow {
  /** `[ranks × (bid price, bid quantity, ask price, ask quantity)]` of the event before; NaN where there is none. */
  readonly before: Float64Array
  readonly sums: TimedSums
  /** Since when events have been heard without a loss, µs. */
  since: number
}
export const createQuoteFlow = (spansUs: readonly number[]): QuoteFlow => ({
  before: new Float64Array(4 * RANKS).fill(NaN), sums: createTimedSums(spansUs, FIELDS), since: NaN,
})

/** Scratch only. */
const ranked = () => new Float64Array(RANKS)
const [bids, bidQty, asks, askQty] = [ranked(), ranked(), ranked(), ranked()]
const row = new Float64Array(FIELDS)

/**
 * Takes over changed quantities and adds what they are of flow; false, and nothing happens, where an event changed more than
 * a few, or prices: else the prices of the ranks are those before.
 */
// `!`: ranks are within `before`.
function isResized(before: Float64Array, book: BookView): boolean {
  if (book.changes > MOST_RESIZED || Number.isNaN(before[0]! + before[2]!)) return false
  for (let i = 0; i < book.changes; i++) if (!(book.changeQuantity(i) > 0 && book.changePrevious(i) > 0)) return false
  for (let i = 0; i < book.changes; i++) {
    const isBid = book.changeSide(i) === 'bid'
    const price = book.changePrice(i)
    let at = isBid ? 0 : 2
    while (at < before.length && before[at] !== price) at += 4
    if (at >= before.length) continue
    const grown = book.changeQuantity(i) - before[at + 1]!
    before[at + 1] = book.changeQuantity(i)
    row[3] = row[3]! + (isBid ? grown : -grown)
    if (at <= 2) row[1] = row[1]! + (isBid ? grown : -grown)
  }
  return true
}

/** Reads the ranks anew, and adds the flow to them from those before where the event `follows`. */
// `!`: ranks are within the scratch and `before`.
function readRanks(before: Float64Array, book: BookView, follows: boolean, ranks: number): void {
  for (let i = book.depth('bid', ranks, bids, bidQty); i < ranks; i++) bids[i] = bidQty[i] = NaN
  for (let i = book.depth('ask', ranks, asks, askQty); i < ranks; i++) asks[i] = askQty[i] = NaN
  for (let i = 0; i < ranks; i++) {
    const at = 4 * i
    const flow = orderFlow(before[at]!, before[at + 1]!, before[at + 2]!, before[at + 3]!, bids[i]!, bidQty[i]!, asks[i]!, askQty[i]!)
    if (follows && flow === flow) row[3] = row[3]! + flow
    if (i === 0) row[1] = row[3]!
    before[at] = bids[i]!
    before[at + 1] = bidQty[i]!
    before[at + 2] = asks[i]!
    before[at + 3] = askQty[i]!
  }
}

/** Takes a live book after a change; one that does not follow from the event before adds no flow. */
// `!`: ranks are within `before`.
export function addBook({ before, sums }: QuoteFlow, book: BookView, follows: boolean, ranks: number): void {
  row[1] = row[3] = row[4] = 0
  if (!follows || !isResized(before, book)) readRanks(before, book, follows, ranks)
  for (let at = 0; at < 4 * ranks; at += 4) {
    const depth = (before[at + 1]! + before[at + 3]!) / 2
    if (depth === depth) row[4] = row[4]! + depth
  }
  row[0] = 1
  row[2] = (before[1]! + before[3]!) / 2
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

/** Brings up to date what `flowOf` reads. */
export const settleFlow = ({ sums }: QuoteFlow): void => settleSums(sums)

/** Goes on to a time, µs. */
export const advanceFlow = ({ sums }: QuoteFlow, now: number): void => advanceSums(sums, now)
