export { bayesAccuracy, plantedBeta } from './planted-signal.ts'
export { simulatedMarket, type SimulatedMarketSpec } from './simulated-market.ts'
export { withFaults, type FaultCounts, type FaultSpec } from './with-faults.ts'
