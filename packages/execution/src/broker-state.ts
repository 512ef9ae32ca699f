import type { Instrument } from '@tapeloom/core'
import { Atr } from '@tapeloom/indicators'
import { contractOf, unitsOf } from './contract.ts'
import { emptyBooks, type BookState } from './position-book.ts'

/** −1 short, 0 flat, 1 long. */
export type Side = -1 | 0 | 1

/** An order that waits: what closes goes before what opens. */
export interface Order {
  readonly kind: 'open' | 'close'
  readonly side: 1 | -1
  /** Whole lots, NaN until it is sized on its way to the book. */
  lots: number
  /** Time of the decision, and of the first input that can fill it. */
  readonly asOf: number
  dueUs: number
  /** What is left then is given up. */
  lateUs: number
  /** Price of a resting order, NaN for one that takes what stands in the book. */
  limitTicks: number
  readonly reason: string
  /** A rule wants it: signals do not replace it. */
  forced: boolean
}

/** The trade under way, from flat to flat; sums in lots and ticks are for its mean prices. */
export interface OpenTrade {
  side: Side
  openedAt: number
  /** Cash when it began, in whole units. */
  cash: string
  entryLots: number
  exitLots: number
  /** Σ lots · ticks, for inverse contracts Σ lots / ticks. */
  entrySum: number
  exitSum: number
  fees: string
  funding: string
}

/** All that a broker remembers of one symbol: plain data. */
export interface BrokerState {
  books: BookState
  orders: Order[]
  trade: OpenTrade
  /** Net lots, their mean entry in ticks (NaN flat), and cash without what is held, all for sizes and features. */
  lots: number
  entryTicks: number
  settled: number
  /** The newest mark: best price to close at, last trade, or close. */
  markTicks: number
  stopTicks: number
  /** Best and worst mark of the trade under way. */
  bestTicks: number
  worstTicks: number
  atr: Float64Array
  /** Time of the newest input, and whether the book was live then. */
  seenAt: number
  live: boolean
  /** There has been a book: candles do not fill. */
  booked: boolean
  closedAt: number
  lossAt: number
  losses: number
  trades: number
  fills: number
  peak: number
  /** Funding times so far. */
  period: number
  day: number
  dayEquity: number
  /** The day (UTC) whose loss limit is reached, and whether the drawdown limit is. */
  lossDay: number
  halted: boolean
}

const noTrade = (): OpenTrade => ({ side: 0, openedAt: NaN, cash: '0', entryLots: 0, exitLots: 0, entrySum: 0, exitSum: 0, fees: '0', funding: '0' })

/** A broker that has done nothing yet. */
export function createBroker(instrument: Instrument, cash: number): BrokerState {
  return {
    books: emptyBooks(unitsOf(contractOf(instrument), cash)), orders: [], trade: noTrade(),
    lots: 0, entryTicks: NaN, settled: cash, markTicks: NaN, stopTicks: NaN, bestTicks: NaN, worstTicks: NaN,
    atr: new Atr(14).state, seenAt: NaN, live: false, booked: false,
    closedAt: NaN, lossAt: NaN, losses: 0, trades: 0, fills: 0, peak: cash, period: NaN, day: NaN, dayEquity: cash, lossDay: NaN, halted: false,
  }
}
