import { callOf, type Forecast } from './forecast-scores.ts'
import type { Action, Probabilities } from '@tapeloom/core'
import type { Stretch } from './strategy-returns.ts'

/** A contestant: for each observation of a stretch the side it holds and, where it forecasts, its probabilities. */
export type Contestant = (stretch: Stretch) => { readonly sides: readonly number[]; readonly forecasts: readonly (Forecast | undefined)[] }

const OPEN = 0.2
const CLOSE = 0.1
/** Fixed share: η = √(8 ln N / T) and the share that is mixed back. @source Herbster, Warmuth (1998) */
const ROUNDS = 10_000
const SHARE = 0.001

/** What the orchestrator decided. */
export const decided: Contestant = (stretch) => ({
  sides: stretch.map(({ side }) => side),
  forecasts: stretch.map(({ probabilities }) => forecastOf(probabilities)),
})

/** One predictor alone, under the default thresholds. */
export const alone = (module: string): Contestant => (stretch) => followed(stretch.map(({ predictions }) => predictions[module]))

/** Predictors of equal weight. */
export const equalWeights = (modules: readonly string[]): Contestant => (stretch) =>
  followed(stretch.map(({ predictions }) => pooled(modules.flatMap((name) => (predictions[name] ? [[predictions[name], 1] as const] : [])))))

/** Predictors weighed by their past losses, each learnt of when its outcome was known and not before. */
export const fixedShare = (modules: readonly string[]): Contestant => (stretch) => {
  const rate = Math.sqrt((8 * Math.log(modules.length)) / ROUNDS)
  let weights = modules.map(() => 1 / modules.length)
  let known = 0
  return followed(stretch.map(({ asOf, predictions }) => {
    for (; known < stretch.length && stretch[known]!.asOf + stretch[known]!.horizonUs <= asOf; known++) {
      const { outcome, predictions: then } = stretch[known]!
      if (outcome) weights = updated(weights, modules.map((name) => then[name] && lossOf(then[name], outcome.realised)), rate)
    }
    return pooled(modules.flatMap((name, i) => (predictions[name] ? [[predictions[name], weights[i]!] as const] : [])))
  }))
}

/** Long from the first to the last. */
export const buyAndHold: Contestant = (stretch) => held(stretch.map(() => 1))

/** The sign of the move over the last horizon. */
export const momentum: Contestant = (stretch) => {
  let at = 0
  return held(stretch.map(({ asOf, horizonUs, price }) => {
    while (at + 1 < stretch.length && stretch[at + 1]!.asOf <= asOf - horizonUs) at++
    const before = stretch[at]!
    return before.asOf <= asOf - horizonUs ? Math.sign(price - before.price) || 0 : 0
  }))
}

/**
 * Random sides of exactly the turnover of the decisions: what lies between two times flat is mirrored or not, and the
 * lengths of all stretches of one side are shuffled.
 */
export const randomSign = (uniform: () => number): Contestant => (stretch) => {
  const runs = runsOf(stretch.slice(0, -1).map(({ side }) => side)) // the last ends flat
  const lengths = shuffled(runs.map(({ length }) => length), uniform)
  let mirror = 1
  const sides = runs.flatMap(({ side }, i) => {
    if (i === 0 || runs[i - 1]!.side === 0) mirror = uniform() < 0.5 ? -1 : 1
    return Array.from({ length: lengths[i]! }, () => mirror * side || 0)
  })
  return held([...sides, 0])
}

function held(sides: readonly number[]): ReturnType<Contestant> {
  return { sides, forecasts: sides.map((side) => ({ probabilities: undefined, call: side > 0 ? 'buy' : side < 0 ? 'sell' : 'hold' })) }
}

/** Follows probabilities by the default thresholds; silence changes nothing. */
function followed(said: readonly (Probabilities | undefined)[]): ReturnType<Contestant> {
  let side = 0
  const sides = said.map((probabilities) => {
    const margin = probabilities ? probabilities.buy - probabilities.sell : 0
    if (Math.abs(margin) >= OPEN) side = Math.sign(margin)
    else if (side * margin <= -CLOSE) side = 0
    return side
  })
  return { sides, forecasts: said.map((probabilities) => probabilities && forecastOf(probabilities)) }
}

const forecastOf = (probabilities: Probabilities): Forecast | undefined =>
  Number.isNaN(probabilities.buy) ? undefined : { probabilities, call: callOf(probabilities) }

function pooled(said: readonly (readonly [Probabilities, number])[]): Probabilities | undefined {
  const all = said.reduce((sum, [, weight]) => sum + weight, 0)
  if (!(all > 0)) return undefined
  const of = (action: Action) => said.reduce((sum, [p, weight]) => sum + weight * p[action], 0) / all
  return { buy: of('buy'), hold: of('hold'), sell: of('sell') }
}

/** Half of Brier's score, in [0, 1]. */
const lossOf = (p: Probabilities, realised: Action): number =>
  (['buy', 'hold', 'sell'] as const).reduce((sum, action) => sum + (p[action] - Number(action === realised)) * (p[action] - Number(action === realised)), 0) / 2

/** Those that said nothing keep their weight. */
function updated(weights: readonly number[], losses: readonly (number | undefined)[], rate: number): number[] {
  const scaled = weights.map((weight, i) => weight * Math.exp(-rate * (losses[i] ?? 0)))
  const all = scaled.reduce((sum, weight) => sum + weight, 0)
  return scaled.map((weight) => (1 - SHARE) * (weight / all) + SHARE / weights.length)
}

function runsOf(sides: readonly number[]): { readonly side: number; length: number }[] {
  const runs: { readonly side: number; length: number }[] = []
  for (const side of sides) {
    const last = runs.at(-1)
    if (last?.side === side) last.length++
    else runs.push({ side, length: 1 })
  }
  return runs
}

/** Fisher and Yates. */
function shuffled(values: readonly number[], uniform: () => number): number[] {
  const copy = [...values]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1))
    ;[copy[i], copy[j]] = [copy[j]!, copy[i]!]
  }
  return copy
}
