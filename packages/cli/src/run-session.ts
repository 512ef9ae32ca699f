import type { ConfigurableOrchestrator } from '@tapeloom/config'
import type { ModelPerformance, ModuleState, RunReport } from '@tapeloom/core'
import { onInterrupt } from './interruption.ts'
import { showProgress } from './progress-bar.ts'
import { candleCounts } from './stored-candles.ts'
import type { Terminal } from './terminal.ts'

/** What came of a run; the JSON of `replay` and `run`. */
export interface SessionReport {
  readonly events: RunReport['events']
  /** Closes by timeframe, shortest first, over the whole run, what was done before a resume included. */
  readonly candles: Readonly<Record<string, number>>
  readonly decisions: number
  readonly journalHash: string
  readonly modules: readonly Pick<ModuleState, 'name' | 'status' | 'faults'>[]
  readonly references: RunReport['references']
  readonly training: readonly TrainedModel[]
  readonly performance: readonly ModelPerformance[]
  /** Events of this start over its time. */
  readonly eventsPerSecond: number
  readonly peakRssMB: number
  /** Whether it was stopped before its end. */
  readonly interrupted: boolean
  /** Whether the database could not be written to the end; the journal has what is missing. */
  readonly behind: boolean
}
export interface TrainedModel {
  readonly model: string
  readonly steps: number
  readonly loss: readonly [first: number | null, last: number | null]
}

/** Runs an orchestrator to the end of its sources, or to Ctrl-C, and closes it. */
export async function runSession(orchestrator: ConfigurableOrchestrator, terminal: Terminal): Promise<SessionReport> {
  const closes = new Map<string, number>()
  orchestrator.on('candle:close', ({ timeframe }) => void closes.set(timeframe, (closes.get(timeframe) ?? 0) + 1))
  const interruption = onInterrupt(() => terminal.note('stopping: what was done is being written …'))
  try {
    await orchestrator.initialize()
    const before = eventsOf(orchestrator.report())
    const started = performance.now()
    const stopProgress = showProgress(terminal.stderr, () => orchestrator.progress())
    const report = await orchestrator.run({ signal: interruption.signal }).finally(stopProgress)
    const seconds = (performance.now() - started) / 1000
    const { modules } = orchestrator.status()
    const eventsPerSecond = Math.round((eventsOf(report) - before) / seconds)
    const worth = orchestrator.performance()
    await orchestrator.stop()
    const { events, decisions, journalHash, references } = report
    return {
      events, candles: await candleCounts(orchestrator.plan.store, closes), decisions, journalHash,
      modules: modules.map(({ name, status, faults }) => ({ name, status, faults })),
      references, training: trainingOf(report), performance: worth, eventsPerSecond,
      peakRssMB: Math.round(process.resourceUsage().maxRSS / 1024), interrupted: interruption.signal.aborted,
      behind: orchestrator.storeFailure !== undefined,
    }
  } finally {
    await orchestrator.stop()
    interruption.stop()
  }
}

const eventsOf = ({ events: { trade, book, candle } }: RunReport): number => trade + book + candle

/** What the participants say of training. */
function trainingOf({ participants }: RunReport): readonly TrainedModel[] {
  const told = Object.values(participants).flatMap(({ training = [] }) => training as unknown as readonly TrainedModel[])
  return told.map(({ model, steps, loss }) => ({ model, steps, loss }))
}
