const CODES = 'FGHJKMNQUVXZ'
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** Splits `XBTM21` into its root and its expiry (YYMMDD): the last Friday of the month that the letter names. */
export function monthCode(symbol: string): readonly [root: string, expiry: string] | undefined {
  const [, root = '', month = '', year = ''] = /^([A-Z0-9]+?)([FGHJKMNQUVXZ])(\d\d)$/.exec(symbol) ?? []
  if (root === '') return undefined
  const last = new Date(Date.UTC(2000 + Number(year), CODES.indexOf(month) + 1, 0))
  return [root, written(Number(year), CODES.indexOf(month) + 1, last.getUTCDate() - ((last.getUTCDay() + 2) % 7))]
}

/** The expiry (YYMMDD) of day, month and year such as `24`, `DEC`, `21`; '' when there is no such month. */
export function dateCode(day: string, month: string, year: string): string {
  return MONTHS.includes(month) ? written(Number(year), MONTHS.indexOf(month) + 1, Number(day)) : ''
}

const written = (...parts: readonly number[]): string => parts.map((part) => String(part).padStart(2, '0')).join('')
