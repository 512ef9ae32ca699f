/** A message that is not what its venue documents. Thrown while one is read and caught by `WireFeed`, which rejects it. */
export class Unreadable extends Error {}

export type Fields = Readonly<Record<string, unknown>>

export function asFields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unreadable('no object')
  return value as Fields
}

export function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Unreadable('no list')
  return value
}

export function asText(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Unreadable('no text')
  return value
}

/** An integer, as a number or as text. */
export function asWhole(value: unknown): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw new Unreadable('no integer')
  return number
}

/** A decimal that is not negative, as plain digits: those of the text, or of the shortest text of a number. */
export function asDigits(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || text.length > 64) throw new Unreadable('no decimal')
  if (/^\d+(\.\d+)?$/.test(text)) return text
  const [, whole = '', fraction = '', exponent = ''] = /^(\d+)(?:\.(\d+))?[eE]([-+]?\d{1,2})$/.exec(text) ?? []
  if (whole === '') throw new Unreadable('no decimal')
  return shifted(whole, fraction, Number(exponent))
}

/** A price: a decimal above zero. */
export function asPrice(value: unknown): string {
  const digits = asDigits(value)
  if (!/[1-9]/.test(digits)) throw new Unreadable('a price of zero')
  return digits
}

function shifted(whole: string, fraction: string, by: number): string {
  const digits = whole + fraction
  const point = whole.length + by
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  return point >= digits.length ? digits.padEnd(point, '0') : `${digits.slice(0, point)}.${digits.slice(point)}`
}

/** Whether decimal digits are zero: a level that is to be deleted. */
export const isZero = (digits: string): boolean => !/[1-9]/.test(digits)
