import { Adwin, PageHinkley } from '@tapeloom/indicators'
import { countBins, decileEdges, populationStability, type Stability } from './population-stability.ts'

/** Values that the later ones are compared with, and values of a comparison. */
const [REFERENCE, WINDOW] = [1000, 1000]

/**
 * Page–Hinkley's usual limits, 50 and .005, are made for errors in [0, 1]: the sum over 4,000 values of deviation 1 goes
 * beyond 50 by chance alone. In tenths of the deviation it does not, and a change by one deviation takes 500 values.
 */
const PAGE_HINKLEY_UNIT = 0.1

/** State of a detector as plain data. */
export interface DriftState {
  readonly adwin: Float64Array
  readonly pageHinkley: Float64Array
  /** The first values, standardised later by their mean and deviation; then the deciles they fell into. */
  readonly first: number[]
  edges: Float64Array
  expected: Float64Array
  recent: number[]
  /** Mean and deviation of the first values: what follows is judged in these units. */
  centre: number
  scale: number
  readonly alarms: { adwin: number; pageHinkley: number; stability: number }
  stability: Stability | null
  values: number
}

/** A detector that has seen nothing. */
export const createDriftState = (): DriftState => ({
  adwin: new Adwin().state.slice(), pageHinkley: new PageHinkley().state.slice(), first: [], edges: new Float64Array(), expected: new Float64Array(),
  recent: [], centre: NaN, scale: NaN, alarms: { adwin: 0, pageHinkley: 0, stability: 0 }, stability: null, values: 0,
})

/**
 * Takes the next value of a feature or of a model's error. The first 1,000 say what is usual: later ones are given to
 * ADWIN in units of their deviation and to Page–Hinkley in tenths of it, and by the thousand compared with their deciles. NaN is passed over.
 */
export function addToDrift(state: DriftState, value: number): void {
  if (!Number.isFinite(value)) return
  state.values++
  if (state.first.length < REFERENCE && state.edges.length === 0) {
    state.first.push(value)
    if (state.first.length === REFERENCE) settle(state)
    return
  }
  const standard = state.scale > 0 ? (value - state.centre) / state.scale : value - state.centre
  const adwin = new Adwin({}, state.adwin)
  adwin.add(standard)
  if (adwin.alarm === 1) state.alarms.adwin++
  const pageHinkley = new PageHinkley({}, state.pageHinkley)
  pageHinkley.add(standard * PAGE_HINKLEY_UNIT)
  if (pageHinkley.alarm !== 0) state.alarms.pageHinkley++
  state.recent.push(value)
  if (state.recent.length < WINDOW) return
  state.stability = populationStability(state.expected, countBins(state.recent, state.edges))
  if (state.stability.index > state.stability.nullQuantile) state.alarms.stability++
  state.recent = []
}

function settle(state: DriftState): void {
  const { first } = state
  const mean = first.reduce((sum, value) => sum + value, 0) / first.length
  state.centre = mean
  state.scale = Math.sqrt(first.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / first.length)
  state.edges = decileEdges(first)
  state.expected = countBins(first, state.edges)
  first.length = 0
}
