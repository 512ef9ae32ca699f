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
  const volumes = scratch(count)
  for (let i = 0; i < count; i++) volumes[i] = Math.log1p(rows[i * stride + 4]!) // stride ≥ 5
  const [a, b] = kind === 'minmax' ? extent(volumes) : moments(volumes)
  return [Math.fround(ref), Math.fround(Math.max(s, LEAST)), Math.fround(a), Math.fround(Math.max(b, LEAST))]
}

/**
 * Writes `count` rows from row `start` on, scaled, to `tensor` from row `first` on. A volume that is missing becomes 0.
 * @param logs ln(1 + volume) by row, where they are known already
 */
// Hot: written out per kind, no calls but the logarithm. `!`: stride ≥ 5, and rows holds so many rows.
export function writeLane(
  kind: Normalisation,
  norm: LaneNorm,
  rows: Float64Array,
  stride: number,
  count: number,
  tensor: Float32Array,
  first: number,
  start = 0,
  logs?: Float64Array,
): void {
  const [ref = 1, s = 1, a = 0, b = 1] = norm
  let to = first * LANE_WIDTH
  const end = (start + count) * stride
  if (kind === 'none') { // unrolled: training copies most of what it reads here
    for (let from = start * stride; from < end; from += stride, to += LANE_WIDTH) {
      const volume = rows[from + 4]!
      tensor[to + 4] = volume !== volume ? 0 : volume
      tensor[to] = rows[from]!
      tensor[to + 1] = rows[from + 1]!
      tensor[to + 2] = rows[from + 2]!
      tensor[to + 3] = rows[from + 3]!
    }
    return
  }
  for (let row = start, from = start * stride; from < end; row++, from += stride, to += LANE_WIDTH) {
    if (kind === 'log') for (let i = 0; i < 4; i++) tensor[to + i] = Math.log(rows[from + i]! / ref) / s
    else {
      tensor[to] = (rows[from]! - ref) / s
      tensor[to + 1] = (rows[from + 1]! - ref) / s
      tensor[to + 2] = (rows[from + 2]! - ref) / s
      tensor[to + 3] = (rows[from + 3]! - ref) / s
    }
    const volume = rows[from + 4]!
    tensor[to + 4] = volume !== volume ? 0 : ((logs ? logs[row]! : Math.log1p(volume)) - a) / b
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
    throw new TapeloomError(
      'data.lane',
      `[lane scaling '${norm.join(' ')}'] is not ref, s, a, b. Take it from the lane's frame.`,
    )
  }
  return kind === 'log' ? ref * Math.exp(value * s) : ref + value * s
}

// `!` below: column indices are < 5 ≤ stride, rows < count.
function priceScale(kind: Normalisation, rows: Float64Array, stride: number, count: number): readonly [number, number] {
  const ref = rows[(count - 1) * stride + 3]!
  if (kind === 'minmax') return priceRange(rows, stride, count)
  if (kind === 'atr') return [ref, meanTrueRange(rows, stride, count)]
  const closes = scratch(count)
  if (kind === 'zscore') for (let i = 0; i < count; i++) closes[i] = rows[i * stride + 3]!
  else for (let i = 0; i < count; i++) closes[i] = Math.log(rows[i * stride + 3]! / ref)
  const [mean, deviation] = moments(closes)
  return [kind === 'zscore' ? mean : ref, deviation]
}

/** Lowest low, and how far the highest high is above it. */
function priceRange(rows: Float64Array, stride: number, count: number): readonly [number, number] {
  const lows = scratch(count)
  for (let i = 0; i < count; i++) lows[i] = rows[i * stride + 2]!
  const [low] = extent(lows)
  for (let i = 0; i < count; i++) lows[i] = rows[i * stride + 1]!
  const [least, range] = extent(lows)
  return [low, least + range - low]
}

function meanTrueRange(rows: Float64Array, stride: number, count: number): number {
  let sum = 0
  for (let i = 0, at = 0; i < count; i++, at += stride) {
    const before = i > 0 ? rows[at - stride + 3]! : rows[at]!
    sum += Math.max(rows[at + 1]!, before) - Math.min(rows[at + 2]!, before)
  }
  return sum / count
}

let room = new Float64Array(1024)

/** Reused memory for `count` numbers, valid until the next call. */
function scratch(count: number): Float64Array {
  if (count > room.length) room = new Float64Array(2 * count)
  return room.subarray(0, count)
}

/** Mean and population deviation, in two passes; missing values are left out. */
function moments(values: Float64Array): readonly [number, number] {
  let n = 0
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value !== value) continue
    n++
    sum += value
  }
  if (n === 0) return [0, 1]
  const mean = sum / n
  let squares = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value === value) squares += (value - mean) * (value - mean)
  }
  return [mean, Math.sqrt(squares / n)]
}

/** Least value and range; missing values are left out. */
function extent(values: Float64Array): readonly [number, number] {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high - low] : [0, 1]
}
