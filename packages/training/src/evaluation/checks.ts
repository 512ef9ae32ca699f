import { wilson } from '@tapeloom/core'
import type { CanaryScore } from '../split/leak-canary.ts'
import type { ForecastScores } from './forecast-scores.ts'
import type { Observation } from './observation.ts'
import type { TrainedModel } from './trained-model.ts'

/** Something that makes an evaluation worth less than it looks. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

const LEAST_SAMPLES = 100
const MOST_TAINTED = 0.01
/** An order waits at most this long, and takes no price from before it arrived. */
const MOST_WAIT_US = 1e6
const MOST_STALE = 0.01
/** 99.9 %: one honest run in a thousand looks as if it saw the future. */
const NULL_Z = 3.2905267314919255

/** What is known of a run when it is checked. */
export interface CheckedRun {
  readonly observations: readonly Observation[]
  readonly scores: Pick<ForecastScores, 'n'>
  /** Of each fold. */
  readonly trained: readonly (readonly TrainedModel[])[]
  readonly skew: number | null
  /** Samples trained whose label was known only after the test began. */
  readonly leaks: number
  /** Score of a memory that is right by shared labels alone. */
  readonly canary: CanaryScore
  readonly nullMarket: NullMarket
}
/** Calls on the mirrored market, or why there are none. */
export type NullMarket = { readonly calls: number; readonly hits: number } | { readonly skipped: string }

/** Checks a run; one that could not be made is not passed. */
export function checksOf(run: CheckedRun): readonly Check[] {
  const { observations, scores: { n }, trained, skew, leaks, canary } = run
  const share = (k: number) => (observations.length > 0 ? k / observations.length : 0)
  const tainted = share(observations.filter(({ isTainted }) => isTainted).length)
  const stale = share(observations.filter(({ fill }) => fill && (fill.waitUs < 0 || fill.waitUs > MOST_WAIT_US)).length)
  const waits = observations.flatMap(({ fill }) => (fill ? [fill.waitUs] : [])).toSorted((a, b) => a - b)
  const median = ((waits[waits.length >> 1] ?? 0) / 1e6).toFixed(3)
  return [
    { name: 'samples', ok: n >= LEAST_SAMPLES, detail: `${n} outcomes, at least ${LEAST_SAMPLES} are needed` },
    parameters(trained),
    { name: 'tainted', ok: tainted <= MOST_TAINTED, detail: `${percent(tainted)} of the observations rest on doubtful data` },
    { name: 'skew', ok: skew === 0, detail: skew === null ? 'not measured: no inference was rebuilt' : `live and rebuilt inputs differ by at most ${skew}` },
    { name: 'stale-fills', ok: stale <= MOST_STALE, detail: `${percent(stale)} of the fills are more than 1 s after, or before, their order arrived (median ${median} s)` },
canaryCheck(leaks, canary),
    nullCheck(run.nullMarket),
  ]
}

function parameters(folds: CheckedRun['trained']): Check {
  const worst = folds.flat().filter(({ parameters: count, samples }) => count > 0 && count > samples / 10)
  const [first] = worst.toSorted((a, b) => b.parameters / (b.samples + 1) - a.parameters / (a.samples + 1))
  const detail = first ? `${first.model} has ${first.parameters} parameters for ${first.samples} samples, at most a tenth can be told from chance` : 'each model has ten samples or more a parameter'
  return { name: 'parameters', ok: !first, detail }
}

/** A memory is at chance where no labels are shared; three standard errors and half a percent are granted. */
function canaryCheck(leaks: number, { hitRate, error }: CanaryScore): Check {
  const name = 'leak-canary'
  if (leaks > 0) return { name, ok: false, detail: `${leaks} samples were trained whose label reaches into a test` }
  const ok = hitRate - 0.5 <= 3 * error + 0.005
  return { name, ok, detail: `a memory of the training is right in ${percent(hitRate)} of the tests on random walks, ± ${percent(error)}` }
}

function nullCheck(found: NullMarket): Check {
  const name = 'null-market'
  if ('skipped' in found) return { name, ok: false, detail: `not run: ${found.skipped}` }
  const { calls, hits } = found
  if (calls === 0) return { name, ok: true, detail: 'no direction was called where there is none' }
  const [low, high] = wilson(hits, calls, NULL_Z)
  return { name, ok: low <= 0.5 && high >= 0.5, detail: `${percent(hits / calls)} of ${calls} calls were right where nothing can be known` }
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
