import { textOf, type Emission, type Recording, type Row } from './test-run.ts'

/** How exactly two recordings must agree. */
export interface Agreement {
  /** Values may differ by so much of their size, at least of 1; default 0. */
  readonly tolerance?: number
  /** Whether events must have come at the same sequence; default true. */
  readonly sequence?: boolean
}

/** Fails with the first difference. `what` names the two runs: `a run and its repetition`. */
export function agree(what: string, one: Recording, other: Recording, agreement: Agreement = {}): void {
  agreeRows(what, one, other, agreement)
  agreeEmissions(what, one.emissions, other.emissions, agreement)
}

/** Compares frozen rows in their order. */
export function agreeRows(what: string, one: Recording, other: Recording, { tolerance = 0 }: Agreement = {}): void {
  const length = Math.min(one.rows.length, other.rows.length)
  for (let i = 0; i < length; i++) {
    const [a, b] = [one.rows[i] as Row, other.rows[i] as Row]
    if (a.symbol !== b.symbol || a.time !== b.time)
      fail(what, `row ${i} is of ${a.symbol} at ${a.time} in one, of ${b.symbol} at ${b.time} in the other`)
    const at = a.values.findIndex((value, column) => !isNear(value, b.values[column] ?? NaN, tolerance))
    if (at >= 0)
      fail(
        what,
        `${one.columns[at]} of ${a.symbol} at ${a.time} µs is ${a.values[at]} in one, ${b.values[at]} in the other`,
      )
  }
  if (one.rows.length !== other.rows.length)
    fail(what, `one has ${one.rows.length} rows, the other ${other.rows.length}`)
}

/** Compares emitted events and predictions in their order, as they are now. */
export function agreeEmissions(
  what: string,
  one: readonly Emission[],
  other: readonly Emission[],
  { sequence = true }: Agreement = {},
): void {
  const said = ({ topic, event }: Emission) =>
    `${topic} ${textOf(sequence ? event : { ...event, sequence: 0, id: undefined })}`
  const length = Math.min(one.length, other.length)
  for (let i = 0; i < length; i++) {
    const [a, b] = [said(one[i] as Emission), said(other[i] as Emission)]
    if (a !== b) fail(what, `event ${i} is ${a} in one, ${b} in the other`)
  }
  const extra = one[length] ?? other[length]
  if (extra) fail(what, `one has ${one.length} events, the other ${other.length}; the first more is ${said(extra)}`)
}

/** Equal, both missing, or as near as `tolerance` allows. */
export function isNear(a: number, b: number, tolerance: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b)
  return a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b))
}

/** Ends a check. */
export function fail(what: string, difference: string): never {
  throw new Error(`${what}: ${difference}`)
}
