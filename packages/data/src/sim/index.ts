export { bookChecksum } from './book-checksum.ts'
export { auditBookModule, type BookAudit, type BookAuditSpec } from './book-audit.ts'
export { faultKinds, type FaultCounts, type FaultKind, type FaultSpec, type InjectedFault } from './fault-spec.ts'
export { MatchingCore, type CoreChanges, type Fill } from './matching-core.ts'
export {
  plantedMinutes, plantedOrchestrator, scoreOnPlantedMarket, type PlantedMarketSpec, type PlantedScore,
} from './planted-market.ts'
export { bayesAccuracy, plantedBeta } from './planted-signal.ts'
export { simulatedMarket, type SimulatedMarketSpec } from './simulated-market.ts'
export type { VenueBookInput } from './simulated-venue.ts'
export { simulatedVenues, type SimulatedVenuesSpec } from './simulated-venues.ts'
export type { SimulatedVenueSpec } from './venue-spec.ts'
export { withFaults } from './with-faults.ts'
