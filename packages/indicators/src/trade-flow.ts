import { addToBinnedQuantile, binOf, createBinnedQuantile, type BinnedQuantile } from './binned-quantile.ts'
import { addRow, advanceSums, createTimedSums, settleSums, type TimedSums } from './timed-sums.ts'

/** Fields of the sums: trades, signed lots, lots, ticks × lots, lots of large trades. */
const FIELDS = 5
/** Trades among which the largest 5 % are large. */
const LARGE_OF = 512
/** Memory of the mean trade rate, µs. */
const MEAN_US = 60e6

/** What was traded over several windows, as plain data. */
export interface TradeFlow {
  readonly sums: TimedSums
  readonly sizes: BinnedQuantile
  /** The bin of the 95th percentile of sizes, NaN while unknown. */
  largeBin: number
  /** Since when it is known, µs. */
  largeSince: number
  /** Signed lots since the start. */
  cvd: number
  /** Fading number of trades, and of the µs in which they came, at the time of the last trade; that of the first. */
  trades: number
  spanUs: number
  last: number
  first: number
  ticks: number
}
export const createTradeFlow = (spansUs: readonly number[]): TradeFlow => ({
  sums: createTimedSums(spansUs, FIELDS), sizes: createBinnedQuantile(LARGE_OF, 0.95), largeBin: NaN, largeSince: NaN,
  cvd: 0, trades: 0, spanUs: 0, last: NaN, first: NaN, ticks: NaN,
})
const row = new Float64Array(FIELDS)

/** Goes on to a time, µs. */
export const advanceTradeFlow = ({ sums }: TradeFlow, now: number): void => advanceSums(sums, now)

/** Adds a trade at the time last advanced to; lots are signed, > 0: bought. */
export function addToTradeFlow(flow: TradeFlow, now: number, ticks: number, signed: number): void {
  const lots = Math.abs(signed)
  row[0] = 1
  row[1] = signed
  row[2] = lots
  row[3] = ticks * lots
  row[4] = binOf(lots) > flow.largeBin ? lots : 0
  addRow(flow.sums, row)
  flow.largeBin = addToBinnedQuantile(flow.sizes, lots)
  if (Number.isNaN(flow.largeSince) && flow.largeBin >= 0) flow.largeSince = now
  flow.cvd += signed
  flow.ticks = ticks
  if (Number.isNaN(flow.first)) flow.first = flow.last = now
  const elapsed = now - flow.last
  const fade = elapsed > 0 ? Math.exp(-elapsed / MEAN_US) : 1
  flow.trades = flow.trades * fade + 1
  flow.spanUs = flow.spanUs * fade + MEAN_US * (1 - fade)
  flow.last = now
}

/** Brings up to date what the functions below read; `addToTradeFlow` leaves that for later. */
export const settleTradeFlow = ({ sums }: TradeFlow): void => settleSums(sums)

/** Whether trades have been heard for as long as the window, and one fell into it. */
const isKnown = ({ sums: { totals, widths }, first }: TradeFlow, window: number, now: number): boolean =>
  now - first >= 50 * widths[window]! && totals[window * FIELDS]! > 0

/** (bought − sold) / (bought + sold) in a window. */
export const tradeImbalanceOf = (flow: TradeFlow, window: number, now: number): number =>
  isKnown(flow, window, now) ? flow.sums.totals[window * FIELDS + 1]! / flow.sums.totals[window * FIELDS + 2]! : NaN

/** The last price above the volume-weighted mean of a window, bps. */
export const vwapDeviationOf = (flow: TradeFlow, window: number, now: number): number =>
  isKnown(flow, window, now) ? 1e4 * ((flow.ticks * flow.sums.totals[window * FIELDS + 2]!) / flow.sums.totals[window * FIELDS + 3]! - 1) : NaN

/** Trades a second in a window. */
export const tradeRateOf = (flow: TradeFlow, window: number, now: number): number =>
  isKnown(flow, window, now) ? (1e6 * flow.sums.totals[window * FIELDS]!) / (50 * flow.sums.widths[window]!) : NaN

/** Share of a window's volume in large trades. */
export const largeShareOf = (flow: TradeFlow, window: number, now: number): number =>
  isKnown(flow, window, now) && now - flow.largeSince >= 50 * flow.sums.widths[window]! ? flow.sums.totals[window * FIELDS + 4]! / flow.sums.totals[window * FIELDS + 2]! : NaN

/** The rate of a window over its exponential mean of a minute, once this has lasted for one. */
export const tradeBurstOf = (flow: TradeFlow, window: number, now: number): number =>
  flow.spanUs >= 0.63 * MEAN_US ? tradeRateOf(flow, window, now) / ((1e6 * flow.trades) / flow.spanUs) : NaN
