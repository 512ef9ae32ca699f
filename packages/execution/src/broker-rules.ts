import type { EventMap, PositionClosed } from '@tapeloom/core'
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

declare module '@tapeloom/core' {
  interface EventMap {
    'pnl:fill': {
      readonly side: 'buy' | 'sell'
      readonly price: number
      readonly quantity: number
      readonly fee: number
      readonly liquidity: 'taker' | 'maker'
      readonly reason: string
    }
    'pnl:trade': PositionClosed & {
      readonly net: number
      readonly netUnits: string
      readonly unitsPerOne: string
      readonly reason: string
    }
    'pnl:unfilled': { readonly side: 'buy' | 'sell'; readonly quantity: number; readonly reason: string }
  }
}
/** One order filled, whole or in part: mean price, fee in the settlement asset. */
export type Fill = EventMap['pnl:fill']
/**
 * A trade from flat to flat: `netUnits / unitsPerOne` is what it brought, exactly, after fees and funding; `reason` is
 * what its last order was for.
 */
export type ClosedTrade = EventMap['pnl:trade']
/** An order, or the rest of one, that is given up. */
export type Unfilled = EventMap['pnl:unfilled']
/** Hears what comes of orders. */
export interface BrokerListener {
  filled(fill: Fill): void
  closed(trade: ClosedTrade): void
  unfilled(order: Unfilled): void
}
