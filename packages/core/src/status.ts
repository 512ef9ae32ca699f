import { RESOLVED_NEEDED } from './decision/performance.ts'
import type { Lack } from './host/module-runtime.ts'
import type { Session } from './host/session.ts'
import type { ModuleStatus } from './vocabulary/events.ts'

/** One module as it is now. */
export interface ModuleState {
  readonly name: string
  readonly version: string
  readonly status: ModuleStatus
  readonly reason: string
  readonly faults: number
}
/**
 * How far a module is for one symbol. `cold`: its warm-up lacks candles or time, and it predicts nothing. `warming`: a
 * learned model with few resolved predictions, whose word counts in part. What is lacked is said while it is not `ready`.
 */
export interface Readiness extends Partial<Lack> {
  readonly state: 'cold' | 'warming' | 'ready'
}
/** An orchestrator as it is now. */
export interface Status {
  readonly modules: readonly ModuleState[]
  /** By `<module> <symbol>`. */
  readonly readiness: Readonly<Record<string, Readiness>>
  readonly sequence: number
  readonly journalHash: string
}

/** How far each module is, for each symbol. */
export const readinessOf = ({ modules, feed, clock, decisions }: Session): Status['readiness'] =>
  Object.fromEntries(modules.runtimes.flatMap((runtime) => feed.symbols.map(({ symbol, boundaryUs }, i) => {
    const { id, definition } = runtime.entry
    const [lack, have] = [runtime.lacks(i, clock.now()), definition.model ? decisions.performance.resolved(id, symbol) : Infinity]
    const learned = have >= RESOLVED_NEEDED ? undefined : { have, need: RESOLVED_NEEDED, unit: 'resolved', etaUs: (RESOLVED_NEEDED - have) * boundaryUs }
    return [`${id} ${symbol}`, { state: lack ? 'cold' : learned ? 'warming' : 'ready', ...(lack ?? learned) }]
  })))
