import { TapeloomError } from '@tapeloom/core'
import type { Normalisation } from '@tapeloom/core'

/** Numbers a lane's row has: open, high, low, close, volume. */
export const LANE_WIDTH = 5

/** A lane's scaling `[ref, s, a, b]`, each a float32; empty for `none`. */
export type LaneNorm = readonly number[]

const IDENTITY: LaneNorm = Object.freeze([1, 1, 0, 1])
const NONE: LaneNorm = Object.freeze([])
const LEAST = 1e-6

/**
 * Scaling of a window of `count` candle rows (`stride` doubles each, the first five open, high, low, close, volume).
 * Prices become x' = ln(p/ref)/s for `log` (ref the last close, s the deviation of ln(close/ref)), else (p − ref)/s:
 * `zscore` mean and deviation of the closes, `minmax` lowest low and range, `atr` last close and mean true range.
 * Volumes become (ln(1+v) − a)/b: mean and deviation, for `minmax` least and range. Deviations are population ones;
 * s and b are at least 1e-6. All four are rounded to float32 before anything uses them: a stored scaling is exact.
 */
export function laneNorm(kind: Normalisation, rows: Float64Array, stride: number, count: number): LaneNorm {
  if (kind === 'none') return NONE
  if (count === 0) return IDENTITY
  const [ref, s] = priceScale(kind, rows, stride, count)
  const volumes = Float64Array.from({ length: count }, (_, i) => Math.log1p(rows[i * stride + 4]!)) // stride ≥ 5
  const [a, b] = kind === 'minmax' ? extent(volumes) : moments(volumes)
  return [Math.fround(ref), Math.fround(Math.max(s, LEAST)), Math.fround(a), Math.fround(Math.max(b, LEAST))]
}

/** Writes `count` rows, scaled, to `tensor` from row `first` on. A volume that is missing becomes 0. */
// Hot: written out per kind, one pass, no calls but the logarithm. `!`: stride ≥ 5, tensor holds first + count rows.
export function writeLane(
  kind: Normalisation, norm: LaneNorm, rows: Float64Array, stride: number, count: number, tensor: Float32Array, first: number,
): void {
  const [ref = 1, s = 1, a = 0, b = 1] = norm
  let to = first * LANE_WIDTH
  for (let from = 0; from < count * stride; from += stride, to += LANE_WIDTH) {
    if (kind === 'log') for (let i = 0; i < 4; i++) tensor[to + i] = Math.log(rows[from + i]! / ref) / s
    else if (kind === 'none') for (let i = 0; i < 4; i++) tensor[to + i] = rows[from + i]!
    else for (let i = 0; i < 4; i++) tensor[to + i] = (rows[from + i]! - ref) / s
    const volume = rows[from + 4]!
    tensor[to + 4] = volume !== volume ? 0 : kind === 'none' ? volume : (Math.log1p(volume) - a) / b
  }
}

/**
 * The price that a normalised price stands for: the inverse of a lane's scaling, within 1e-6 (relative).
 * @throws TapeloomError `data.lane` when the scaling is not the four numbers of a lane
 */
export function lanePrice(kind: Normalisation, norm: LaneNorm, value: number): number {
  if (kind === 'none') return value
  const [ref, s] = norm
  if (ref === undefined || s === undefined) {
    throw new TapeloomError('data.lane', `[lane scaling '${norm.join(' ')}'] is not ref, s, a, b. Take it from the lane's frame.`)
  }
  return kind === 'log' ? ref * Math.exp(value * s) : ref + value * s
}

function priceScale(kind: Normalisation, rows: Float64Array, stride: number, count: number): readonly [number, number] {
  const column = (i: number, of: number): number => rows[i * stride + of]!
  const closes = Float64Array.from({ length: count }, (_, i) => column(i, 3))
  const ref = closes[count - 1]!
  if (kind === 'zscore') return moments(closes)
  if (kind === 'log') return [ref, moments(closes.map((close) => Math.log(close / ref)))[1]]
  const lows = Float64Array.from({ length: count }, (_, i) => column(i, 2))
  const highs = Float64Array.from({ length: count }, (_, i) => column(i, 1))
  if (kind === 'minmax') return [extent(lows)[0], extent(highs)[0] + extent(highs)[1] - extent(lows)[0]]
  let sum = 0
  for (let i = 0; i < count; i++) {
    const before = i > 0 ? closes[i - 1]! : column(i, 0)
    sum += Math.max(highs[i]!, before) - Math.min(lows[i]!, before)
  }
  return [ref, sum / count]
}

/** Mean and population deviation, in two passes; missing values are left out. */
function moments(values: Float64Array): readonly [number, number] {
  let [n, sum] = [0, 0]
  for (const value of values) if (value === value) [n, sum] = [n + 1, sum + value]
  if (n === 0) return [0, 1]
  const mean = sum / n
  let squares = 0
  for (const value of values) if (value === value) squares += (value - mean) * (value - mean)
  return [mean, Math.sqrt(squares / n)]
}

/** Least value and range; missing values are left out. */
function extent(values: Float64Array): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) if (value === value) [low, high] = [Math.min(low, value), Math.max(high, value)]
  return low <= high ? [low, high - low] : [0, 1]
}
