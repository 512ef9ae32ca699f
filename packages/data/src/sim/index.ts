export { simulatedMarket, type SimulatedMarketSpec } from './simulated-market.ts'
export { bayesAccuracy, plantedBeta } from './planted-signal.ts'
