export { contractOf, costOf, lotValueOf, moneyOf, profitOf, rateOf, unitsOf, type Contract } from './contract.ts'
export { emptyBooks, PositionBook, type BookState } from './position-book.ts'
export { createBroker, type BrokerState, type OpenTrade, type Order, type Side } from './broker-state.ts'
export {
  PaperBroker, type BrokerListener, type BrokerRules, type ClosedTrade, type Fill, type Unfilled,
} from './paper-broker.ts'
export { gatesOf, type RiskRules } from './risk-gates.ts'
export { pnl } from './pnl.ts'
export { differentialSharpe, drawdownPenalty, netReturn, noReturns, type SharpeMoments } from './rewards.ts'
export type { TradeReporter } from './trade-reporter.ts'
