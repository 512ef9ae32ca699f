import { timeframeUs, type CandleValues, type FeatureSpec, type Timeframe } from '@tapeloom/core'
import {
  addToCalendarPeriod, addToRollingPeriod, CALENDAR_SIZE, CLASSIC_POINTS, classicPivots, PERIOD, rollingSize,
  type CalendarPeriod, type ClassicKind,
} from '@tapeloom/indicators'

/** Sets of points that a row has room for. */
const KINDS = 5
const points = ['pp', 'r1', 's1', 'r2', 's2', 'r3', 's3', 'r4', 's4'] as const
type Points<T> = { readonly [K in `${(typeof points)[number]}Bps`]: T }

/** The declared features of classic pivot points: one list a point, with an element each of the option `classic`. */
export const classicFeatures = Object.fromEntries(
  points.map((point): [string, FeatureSpec] => [`${point}Bps`, {
    rev: 1, unit: 'bps', range: [-3e5, 3e5], size: KINDS,
    description: `10⁴ · ln(${point.toUpperCase()} / close) of each chosen kind, from the period before.`,
    source: 'Person (2004), A Complete Guide to Technical Trading Tactics',
  }]),
) as unknown as Points<FeatureSpec & { readonly size: number }>

/** Which pivot points, of what period: the module's options of the same names. */
export interface ClassicRules {
  readonly classic: readonly ClassicKind[]
  readonly period: CalendarPeriod | 'candles'
  readonly periodCandles: number
}

/** The period before and the logarithms of its pivot points, kind by kind, as plain data. */
export interface ClassicPoints {
  readonly period: Float64Array
  readonly logs: Float64Array
}

/** Points of no period yet. */
export const createPoints = ({ period, periodCandles }: ClassicRules): ClassicPoints => ({
  period: period === 'candles' ? new Float64Array(rollingSize(periodCandles)) : new Float64Array(CALENDAR_SIZE).fill(NaN),
  logs: new Float64Array(KINDS * CLASSIC_POINTS).fill(NaN),
})

/** Candles after which the points are those of the whole history: two periods. */
export function classicWarmup({ classic, period, periodCandles }: ClassicRules, timeframe: Timeframe): number {
  if (classic.length === 0) return 0
  const days = { day: 2, week: 14, month: 62, candles: 0 }[period]
  return period === 'candles' ? periodCandles + 1 : Math.max(2, Math.ceil((days * 86_400e6) / timeframeUs(timeframe)))
}

/** Takes the next candle and writes the points for the period it is in; missing during the first. */
export function writeClassic(
  row: Points<Float64Array>, state: ClassicPoints, candle: CandleValues, logClose: number, rules: ClassicRules,
): void {
  const count = Math.min(KINDS, rules.classic.length)
  if (count === 0) return
  if (follow(state.period, candle, rules)) {
    const { open, high, low, close, next } = PERIOD
    for (let i = 0; i < count; i++) {
      const of = state.period // `!`: the places of a period are in every state
      classicPivots(rules.classic[i]!, of[open]!, of[high]!, of[low]!, of[close]!, of[next]!, state.logs, CLASSIC_POINTS * i)
    }
    for (let i = 0; i < CLASSIC_POINTS * count; i++) state.logs[i] = Math.log(state.logs[i]!) // NaN where not positive
  }
  const { logs } = state
  for (let i = 0, at = 0; i < count; i++) {
    row.ppBps[i] = bps(logs[at++]!, logClose)
    row.r1Bps[i] = bps(logs[at++]!, logClose)
    row.s1Bps[i] = bps(logs[at++]!, logClose)
    row.r2Bps[i] = bps(logs[at++]!, logClose)
    row.s2Bps[i] = bps(logs[at++]!, logClose)
    row.r3Bps[i] = bps(logs[at++]!, logClose)
    row.s3Bps[i] = bps(logs[at++]!, logClose)
    row.r4Bps[i] = bps(logs[at++]!, logClose)
    row.s4Bps[i] = bps(logs[at++]!, logClose)
  }
}

/** Adds a candle to its period; says whether the one before is another now. */
function follow(state: Float64Array, { openTime, open, high, low, close }: CandleValues, rules: ClassicRules): boolean {
  if (rules.period !== 'candles') return addToCalendarPeriod(state, rules.period, openTime, open, high, low, close)
  addToRollingPeriod(state, rules.periodCandles, 0, open, high, low, close)
  return true
}

/** In the declared range; NaN stays. */
const bps = (log: number, logClose: number) => Math.max(-3e5, Math.min(3e5, 1e4 * (log - logClose)))
