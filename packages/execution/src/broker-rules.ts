import type { RiskRules } from './risk-gates.ts'

/** How orders are made and filled; durations in µs. */
export interface BrokerRules extends RiskRules {
  /** Starting cash, in the settlement asset. */
  readonly cash: number
  /** Basis points of the value; a maker's may be a rebate (< 0). */
  readonly takerBps: number
  readonly makerBps: number
  readonly latency: number
  /** How long an order waits for what it lacks. */
  readonly patience: number
  /** Share of the equity that a position takes, where `quantity` is 0. */
  readonly share: number
  /** Quantity of a position; 0: by `share`. */
  readonly quantity: number
  readonly entry: 'taker' | 'maker'
  /** Distance of the stop from the mean entry in ATR(14); 0: none. */
  readonly stopAtr: number
  /** Funding of a perpetual: paid by longs, at each multiple (UTC) of `fundingEvery`, µs. */
  readonly fundingBps: number
  readonly fundingEvery: number
}

/** One order filled, whole or in part: mean price, fee in the settlement asset. */
export interface Fill {
  readonly side: 'buy' | 'sell'
  readonly price: number
  readonly quantity: number
  readonly fee: number
  readonly liquidity: 'taker' | 'maker'
  readonly reason: string
}
/** A trade from flat to flat: `netUnits / unitsPerOne` is what it brought, exactly, after fees and funding. */
export interface ClosedTrade {
  readonly id: string
  readonly side: 'long' | 'short'
  readonly quantity: number
  readonly entryPrice: number
  readonly exitPrice: number
  readonly openedAt: number
  readonly closedAt: number
  readonly netBps: number
  readonly net: number
  readonly netUnits: string
  readonly unitsPerOne: string
  /** What the last order of it was for. */
  readonly reason: string
}
/** An order, or the rest of one, that is given up. */
export interface Unfilled {
  readonly side: 'buy' | 'sell'
  readonly quantity: number
  readonly reason: string
}
/** Hears what comes of orders. */
export interface BrokerListener {
  filled(fill: Fill): void
  closed(trade: ClosedTrade): void
  unfilled(order: Unfilled): void
}
