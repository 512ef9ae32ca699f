import { delayBy, delaySize } from './delay.ts'
import { addToExtreme, extremeSize } from './moving-extremes.ts'

/** A period of the calendar, in UTC; a week begins on Monday. */
export type CalendarPeriod = 'day' | 'week' | 'month'
/** Places of the finished period in a state, and of the first price of the one after it. */
export const PERIOD = { open: 0, high: 1, low: 2, close: 3, next: 4 } as const

const DAY_US = 86_400e6
// Places of the running period.
const [HIGH, LOW, CLOSE, NUMBER] = [5, 6, 7, 8] as const

/** Elements of state that `addToCalendarPeriod` works in; all NaN at first. */
export const CALENDAR_SIZE = 9

/** The number of the day, week or month that holds a time (µs). */
export function periodNumber(period: CalendarPeriod, timeUs: number): number {
  const day = Math.floor(timeUs / DAY_US)
  if (period !== 'month') return period === 'day' ? day : Math.floor((day + 3) / 7) // 1970-01-01 was a Thursday
  return monthOf(day)
}

/**
 * Months since year 0 of a day since 1970.
 * @source Hinnant, chrono-compatible low-level date algorithms, civil_from_days; here years begin in March
 */
function monthOf(day: number): number {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - 146_097 * era
  const year = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365)
  const dayOfYear = dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  return 12 * (400 * era + year) + Math.floor((5 * dayOfYear + 2) / 153)
}

/**
 * Takes the next candle of a series: `state` then holds at `PERIOD` the last whole period before the candle's own, and
 * the first price of its own. NaN during the first period. The first one is taken as whole. Returns whether a period
 * has just ended.
 */
export function addToCalendarPeriod(
  state: Float64Array, period: CalendarPeriod, openTime: number, open: number, high: number, low: number, close: number,
): boolean {
  const number = periodNumber(period, openTime)
  const isNext = number !== state[NUMBER]
  const [first, highest, lowest] = [state[PERIOD.next]!, state[HIGH]!, state[LOW]!]
  if (isNext) {
    state[PERIOD.open] = first
    state[PERIOD.high] = highest
    state[PERIOD.low] = lowest
    state[PERIOD.close] = state[CLOSE]!
    state[PERIOD.next] = open
    state[NUMBER] = number
  }
  state[HIGH] = isNext || high > highest ? high : highest
  state[LOW] = isNext || low < lowest ? low : lowest
  state[CLOSE] = close
  return isNext
}

/** Elements of state that `addToRollingPeriod` works in; 0 at first. */
export const rollingSize = (candles: number, offset = 0): number =>
  5 + 2 * extremeSize(candles) + 3 * delaySize(offset + 1) + delaySize(offset + candles)

/**
 * Takes the next candle: `state` then holds at `PERIOD` the `candles` that ended `offset` candles before this one, NaN
 * until there are so many, and this one's open.
 */
export function addToRollingPeriod(
  state: Float64Array, candles: number, offset: number, open: number, high: number, low: number, close: number,
): void {
  const [delays, extremes] = [delaySize(offset + 1), extremeSize(candles)]
  const [highs, lows] = [5 + 3 * delays, 5 + 3 * delays + extremes]
  state[PERIOD.high] = addToExtreme(state, highs, candles, delayBy(state, 5, offset + 1, high), 1)
  state[PERIOD.low] = addToExtreme(state, lows, candles, delayBy(state, 5 + delays, offset + 1, low), -1)
  state[PERIOD.close] = delayBy(state, 5 + 2 * delays, offset + 1, close)
  state[PERIOD.open] = delayBy(state, lows + extremes, offset + candles, open)
  state[PERIOD.next] = open
}
