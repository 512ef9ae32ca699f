import { ExponentialCovariance, ExponentialVariance, MovingCovariance } from '@tapeloom/indicators'
import { correlationColumns, LIMIT } from './correlation-columns.ts'
import { leadLag, type Ticks } from './hayashi-yoshida.ts'
import { addToRegression, createRegression } from './kalman-regression.ts'
import type { TickRing } from './tick-ring.ts'

const [SHORT, MEDIUM, LONG] = [60, 240, 1440]
/** Pairs, or steps of ticks, below which nothing is told. */
const FEWEST = 30
type Slots = { -readonly [K in keyof typeof correlationColumns]: number }

/** What is known of a symbol: its newest close, the closes of its last pair, and the memories of its statistics. */
export interface Asset {
  closeTime: number
  close: number
  pairedClose: number
  pairedReference: number
  readonly short: Float64Array
  readonly medium: Float64Array
  readonly long: Float64Array
  readonly faded: Float64Array
  readonly line: Float64Array
  readonly noise: Float64Array
  ticks: TickRing | null
}

/** A symbol without candles or ticks. */
export const createAsset = (): Asset => ({
  closeTime: NaN, close: NaN, pairedClose: NaN, pairedReference: NaN,
  short: new MovingCovariance(SHORT).state, medium: new MovingCovariance(MEDIUM).state, long: new MovingCovariance(LONG).state,
  faded: new ExponentialCovariance(0.94, FEWEST).state,
  line: createRegression(), noise: new ExponentialVariance(0.94, FEWEST).state,
  ticks: null,
})

/** Takes the newest closes, where both are of the same time, as a pair of log returns since the pair before. */
export function addPair(asset: Asset, reference: Asset, stateNoise: number | undefined, features: Slots): boolean {
  if (asset.closeTime !== reference.closeTime) return false
  const x = Math.log(reference.close / asset.pairedReference)
  const y = Math.log(asset.close / asset.pairedClose)
  asset.pairedReference = reference.close
  asset.pairedClose = asset.close
  if (x !== x || y !== y) return false
  const short = rhoAfter(new MovingCovariance(SHORT, asset.short), x, y)
  const medium = new MovingCovariance(MEDIUM, asset.medium)
  const score = stateNoise === undefined ? windowScore(medium, x, y) : NaN
  const rho240 = rhoAfter(medium, x, y)
  const long = rhoAfter(new MovingCovariance(LONG, asset.long), x, y)
  const faded = new ExponentialCovariance(0.94, FEWEST, asset.faded)
  faded.add(x, y)
  features.rho60 = short
  features.rho240 = rho240
  features.rho1440 = long
  features.rhoEwma = faded.correlation
  features.fisherZ = within(Math.atanh(short) * Math.sqrt(SHORT - 3), 150)
  const gap = Math.abs(short - long) - (3 * (1 - long * long)) / Math.sqrt(SHORT - 1)
  features.breakdown = gap > 0 ? 1 : gap <= 0 ? 0 : NaN
  const filtered = stateNoise === undefined ? NaN : filterScore(asset, faded.varianceX, stateNoise, x, y)
  features.residualZ = within(stateNoise === undefined ? score : filtered, LIMIT)
  const slope = stateNoise === undefined ? medium.value / medium.varianceX : faded.value === faded.value ? asset.line[1]! : NaN
  features.beta = within(slope, LIMIT)
  return true
}

function rhoAfter(window: MovingCovariance, x: number, y: number): number {
  const rho = window.add(x, y) / (Math.sqrt(window.varianceX) * Math.sqrt(window.varianceY))
  return Math.max(-1, Math.min(1, rho)) // rounding alone can carry it past 1
}

/** The pair's distance from the line of the window before it, in standard deviations of the residuals. */
function windowScore(window: MovingCovariance, x: number, y: number): number {
  const slope = window.value / window.varianceX
  const left = ((window.varianceY - slope * window.value) * MEDIUM) / (MEDIUM - 2)
  return (y - window.meanY - slope * (x - window.meanX)) / Math.sqrt(Math.max(0, left))
}

/** The same of the filtered line, whose noise is measured by what it did not foresee; noise 0: recursive least squares. */
function filterScore(asset: Asset, varianceX: number, stateNoise: number, x: number, y: number): number {
  const walk = varianceX > 0 ? stateNoise / (1e8 * varianceX) : 0
  addToRegression(asset.line, 1e4 * x, 1e4 * y, stateNoise, walk) // in bps, beside which the start is diffuse
  const noise = new ExponentialVariance(0.94, FEWEST, asset.noise)
  const [before, surprise] = [noise.value, asset.line[5]! / Math.sqrt(asset.line[6]!)]
  noise.add(surprise)
  return surprise / Math.sqrt(before)
}

const names = Object.keys(correlationColumns) as readonly (keyof Slots)[]
/** Nothing is known of a symbol whose candles, or the reference's, have ceased. */
export function forgetPair(features: Slots): void {
  for (const name of names) features[name] = NaN
}

/** Relates the ticks of a symbol to those of the reference; missing where one has too few. */
export function relateTicks(asset: Ticks, reference: Ticks, stepUs: number, steps: number, features: Slots): void {
  const enough = Math.min(asset.to - asset.from, reference.to - reference.from) > FEWEST
  const { lagUs, ratio, ratioAt0 } = enough ? leadLag(asset, reference, stepUs, steps) : { lagUs: NaN, ratio: NaN, ratioAt0: NaN }
  features.hayashiYoshida = within(ratioAt0, LIMIT)
  features.leadLagUs = steps > 0 ? lagUs : NaN
  features.leadLagStrength = steps > 0 ? within(ratio, LIMIT) : NaN
  const most = Math.max(Math.abs(ratio), Math.abs(ratioAt0))
  features.aboveOne = most > 1 ? 1 : most <= 1 ? 0 : NaN
}

/** The value, or missing beyond the limit. */
const within = (value: number, limit: number): number => (Math.abs(value) <= limit ? value : NaN)
