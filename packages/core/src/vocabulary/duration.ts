import { TapeloomError } from '../error.ts'

/** A span of time with its unit: `'100ms'`, `'5m'`, `'1d'`. Inside, durations are integer microseconds. */
export type Duration = `${number}${'us' | 'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`
/** The length of a candle (also called bar): `'1s'`, `'1m'`, `'1h'`. */
export type Timeframe = `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`

const UNITS_US = { us: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6, d: 86_400e6, w: 604_800e6 }
const PATTERN = /^(\d+(?:\.\d+)?)(us|ms|s|m|h|d|w)$/

/**
 * Microseconds of a duration.
 * @throws TapeloomError `duration.form` when it is not a positive number of us, ms, s, m, h, d or w
 * @example durationUs('1.5s') // => 1500000
 */
export function durationUs(duration: Duration): number {
  const [, amount, unit] = PATTERN.exec(duration) ?? []
  const us = Number(amount) * UNITS_US[unit as keyof typeof UNITS_US]
  if (us > 0 && Number.isInteger(us)) return us
  throw new TapeloomError('duration.form', `[duration '${duration}'] is not a span of time. Write a number and us, ms, s, m, h, d or w, as in '5m'.`)
}

/** Microseconds of a timeframe. @throws TapeloomError `duration.form` */
export const timeframeUs = (timeframe: Timeframe): number => durationUs(timeframe)

/** Open time (µs) of the candle of length `lengthUs` that holds `timeUs`; weeks start on Monday, all in UTC. */
export function openTimeOf(timeUs: number, lengthUs: number): number {
  const anchor = lengthUs % UNITS_US.w === 0 ? 4 * UNITS_US.d : 0 // 1970-01-05 was a Monday
  return Math.floor((timeUs - anchor) / lengthUs) * lengthUs + anchor
}
