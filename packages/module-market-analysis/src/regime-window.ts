import type { RunLengths } from '@tapeloom/indicators'
import { LONGEST_RUN, WINDOW, type Operators } from './estimators.ts'
import { fitStates, momentsOf, stationaryHigh, updateHigh, type TwoStates } from './hidden-markov.ts'
import { addToLabel, type Label } from './regime-label.ts'

/** Returns that a fit needs: half of the window may be missing. */
const LEAST_RETURNS = WINDOW / 2
/** Candles before the newest in which a replay keeps improbable runs too: older ones stay improbable. */
const RECENT = 100

/** The last 1,000 candles, and what is inferred from them; plain data. */
export interface RegimeWindow {
  /** Candles so far; candle i has slot i % WINDOW. */
  bars: number
  /** Log returns and trends (2, 1, 0 unknown), in slots. */
  readonly returns: Float64Array
  readonly trends: Uint8Array
  /** Which thousand of candles since 1970 the newest is in. */
  block: number
  isFitted: boolean
  states: TwoStates | null
  /** Deviation of the returns that the fit saw. */
  deviation: number
  pHigh: number
  readonly label: Label
}

/** A window that has seen nothing. */
export const createWindow = (): RegimeWindow => ({
  bars: 0,
  returns: new Float64Array(WINDOW).fill(NaN),
  trends: new Uint8Array(WINDOW),
  block: NaN,
  isFitted: false,
  states: null,
  deviation: NaN,
  pHigh: NaN,
  label: { regime: 0, age: 0 },
})

/**
 * Takes a candle: its thousand, log return and trend. When a thousand begins, all is inferred anew from the
 * window, so that it depends on nothing before it; the first time as soon as the window is full.
 */
export function addToWindow(
  window: RegimeWindow, on: Operators, block: number, change: number, trend: number,
): void {
  const slot = window.bars++ % WINDOW
  window.returns[slot] = change
  window.trends[slot] = trend
  const begins = block !== window.block
  window.block = block
  if (window.bars >= WINDOW && (begins || !window.isFitted)) refit(window, on)
  else if (window.isFitted) infer(window, on, on.runs, change, trend)
}

/** Fits the states, then goes through the window again with what was fitted. */
function refit(window: RegimeWindow, on: Operators): void {
  const ordered = [...window.returns.subarray(window.bars % WINDOW), ...window.returns.subarray(0, window.bars % WINDOW)]
  const known = ordered.filter((one) => !Number.isNaN(one))
  window.states = known.length < LEAST_RETURNS ? null : (fitStates(known) ?? null)
  window.isFitted = true
  window.deviation = Math.sqrt(momentsOf(known).variance)
  window.pHigh = window.states ? stationaryHigh(window.states) : NaN
  window.label.regime = window.label.age = 0
  on.runs.reset()
  on.shift.reset()
  for (let i = 0; i < WINDOW; i++) {
    const runs = i < WINDOW - LONGEST_RUN ? undefined : i < WINDOW - RECENT ? on.likelyRuns : on.runs
    infer(window, on, runs, ordered[i]!, window.trends[(window.bars + i) % WINDOW]!)
  }
}

/** Takes one return in; a missing one changes nothing. */
function infer(window: RegimeWindow, on: Operators, runs: RunLengths | undefined, change: number, trend: number): void {
  const { states, deviation, label } = window
  if (Number.isNaN(change)) return
  window.pHigh = states ? updateHigh(states, window.pHigh, change) : NaN
  const scaled = states ? change / deviation : NaN
  runs?.add(scaled)
  on.shift.add(Math.abs(scaled))
  addToLabel(label, window.pHigh, trend)
}
