import { Unreadable } from './wire-fields.ts'

/** The time that an ISO 8601 text in UTC names, µs; finer digits are cut. */
export function isoTimeUs(value: unknown): number {
  const [, second = '', fraction = ''] =
    typeof value === 'string' ? (/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)?$/.exec(value) ?? []) : []
  const ms = Date.parse(`${second}Z`)
  if (!Number.isFinite(ms)) throw new Unreadable('no time')
  return ms * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}

/** Seconds with decimals, as text or as a number, in µs. */
export function secondsUs(value: unknown): number {
  const us = Math.round(Number(typeof value === 'string' || typeof value === 'number' ? value : NaN) * 1e6)
  if (!Number.isSafeInteger(us) || us <= 0) throw new Unreadable('no time')
  return us
}
