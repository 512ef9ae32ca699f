import type { BookReader, Gate } from '@tapeloom/core'
import type { BrokerState } from './broker-state.ts'

const DAY_US = 86_400e6

/** Limits; shares are of the equity, durations µs. */
export interface RiskRules {
  /** Value of a position over the equity, at most. */
  readonly maxPosition: number
  /** Share of the equity at the start of a UTC day that may be lost in it. */
  readonly dailyLoss: number
  /** Share of the highest equity that may be lost; then it opens nothing more. */
  readonly maxDrawdown: number
  /** No opening for so long after a losing trade. */
  readonly cooldown: number
  readonly maxSpreadBps: number
  /** Age of the newest input at which data is stale. */
  readonly maxAge: number
  /** Opens nothing and closes what is held. */
  readonly killSwitch: boolean
}

/** Follows equity, day and stop on each mark; says which rule wants what is held to be closed. */
export function breach(state: BrokerState, equity: number, now: number, rules: RiskRules): string | undefined {
  const day = Math.floor(now / DAY_US)
  if (state.day !== day) {
    state.day = day
    state.dayEquity = equity
  }
  state.peak = Math.max(state.peak, equity)
  if (equity <= state.dayEquity * (1 - rules.dailyLoss)) state.lossDay = day
  if (equity <= state.peak * (1 - rules.maxDrawdown)) state.halted = true
  if (state.lots === 0 && state.orders.length === 0) return undefined
  if (rules.killSwitch) return 'kill-switch'
  if (state.halted) return 'drawdown'
  if (state.lossDay === day) return 'daily-loss'
  const beyond = state.lots > 0 ? state.markTicks <= state.stopTicks : state.lots < 0 && state.markTicks >= state.stopTicks
  return beyond ? 'stop' : undefined
}

/** The gates of a decision at `now`, where a position has or will have this `exposure`; each guards what opens a position: what closes one passes. */
export function gatesOf(state: BrokerState, exposure: number, book: BookReader, now: number, rules: RiskRules): readonly Gate[] {
  const spreadBps = book.status === 'live' ? (1e4 * (book.bestAsk - book.bestBid)) / book.midPrice : NaN
  const gate = (name: string, passed: boolean): Gate => Object.freeze({ name, passed, opening: true })
  return [
    gate('kill-switch', !rules.killSwitch),
    gate('drawdown', !state.halted),
    gate('daily-loss', state.lossDay !== Math.floor(now / DAY_US)),
    gate('cooldown', !(now - state.lossAt < rules.cooldown)),
    gate('stale-data', !(now - state.seenAt > rules.maxAge)),
    gate('max-spread', !(spreadBps > rules.maxSpreadBps)),
    gate('max-position', !(exposure > rules.maxPosition)),
  ]
}
