import { asWhole, Unreadable } from './wire-fields.ts'

/** The year 2100, µs: a later time is none. */
const LATEST_US = 4_102_444_800_000_000

/** The time that an ISO 8601 text in UTC names, µs; finer digits are cut. */
export function isoTimeUs(value: unknown): number {
  const [, second = '', fraction = ''] =
    typeof value === 'string' ? (/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)?$/.exec(value) ?? []) : []
  return plausible(Date.parse(`${second}Z`) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0')))
}

/** Seconds with decimals, as text or as a number, in µs. */
export const secondsUs = (value: unknown): number =>
  plausible(Math.round(Number(typeof value === 'string' || typeof value === 'number' ? value : NaN) * 1e6))

/** Whole milliseconds, as text or as a number, in µs. */
export const millisecondsUs = (value: unknown): number => plausible(1000 * asWhole(value))

/** Whole microseconds, as text or as a number. */
export const microsecondsUs = (value: unknown): number => plausible(asWhole(value))

function plausible(us: number): number {
  if (!(us > 0 && us < LATEST_US)) throw new Unreadable('no time')
  return us
}
