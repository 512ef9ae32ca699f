import { suggestion, TapeloomError } from '../error.ts'
import { durationUs, type Duration, type Timeframe } from '../vocabulary/duration.ts'
import type { Unit } from './feature.ts'

/** One declared option: its default is data, and `parse` checks a given value and turns it into what handlers see. */
export interface OptionSpec<In, Out = In> {
  readonly type: string
  readonly default: In
  readonly description?: string
  /** `none`: does not change feature values, so it stays out of the column ids. */
  readonly affects?: 'features' | 'none'
  /** @throws Error whose message says what is allowed */
  parse(value: unknown): Out
}
// oxlint-disable-next-line no-explicit-any -- the only type that every option fits
export type OptionSet = Readonly<Record<string, OptionSpec<any, any>>>
/** What handlers see. */
export type OptionValues<O extends OptionSet> = {
  readonly [K in keyof O]: O[K] extends OptionSpec<infer _, infer Out> ? Out : never
}
/** What a user may write; nothing where no option is declared. */
export type OptionInput<O extends OptionSet> = keyof O extends never
  ? Readonly<Record<string, never>>
  : { readonly [K in keyof O]?: O[K] extends OptionSpec<infer In, infer _> ? In : never }

type Common<T> = { readonly default: T; readonly description?: string; readonly affects?: 'features' | 'none' }
type Bounds = { readonly min?: number; readonly max?: number }

const spec = <In, Out>(type: string, common: Common<In>, parse: (value: unknown) => Out): OptionSpec<In, Out> => {
  const { default: fallback, description, affects } = common
  return { type, default: fallback, parse, ...(description && { description }), ...(affects && { affects }) }
}

/** The value, where it is allowed. @throws Error saying what is */
function allowed<T>(value: unknown, ok: boolean, what: string): T {
  if (ok) return value as T
  throw new Error(what)
}
function parseNumber(value: unknown, { min = -Infinity, max = Infinity }: Bounds, whole: boolean): number {
  const ok = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))
  return allowed(value, ok, `a${whole ? ' whole' : ''} number${min > -Infinity || max < Infinity ? ` from ${min} to ${max}` : ''}`)
}
function parseDuration(value: unknown): number {
  try {
    return durationUs(value as Duration)
  } catch {
    throw new Error("a duration such as '5s'")
  }
}

/** Declares options: defaults, ranges and what they affect are data, checked when a module is loaded. */
export const option = {
  number: (s: Common<number> & Bounds & { readonly unit?: Unit }) => spec('number', s, (v) => parseNumber(v, s, false)),
  integer: (s: Common<number> & Bounds) => spec('integer', s, (v) => parseNumber(v, s, true)),
  string: (s: Common<string>) => spec('string', s, (v) => allowed<string>(v, typeof v === 'string', 'text')),
  boolean: (s: Common<boolean>) => spec('boolean', s, (v) => allowed<boolean>(v, typeof v === 'boolean', 'true or false')),
  /** Written as `'5s'`, seen by handlers as integer microseconds. */
  duration: (s: Common<Duration>) => spec<Duration, number>('duration', s, parseDuration),
  timeframe: (s: Common<Timeframe>) => spec<Timeframe, Timeframe>('timeframe', s, (v) => (parseDuration(v), v as Timeframe)),
  oneOf: <const T extends string>(values: readonly T[], s: Common<NoInfer<T>>) =>
    spec<T, T>(values.join(' | '), s as Common<T>, (v) =>
      allowed(v, values.includes(v as T), `one of ${values.join(', ')}.${suggestion(String(v), values)}`.replace(/\.$/, ''))),
  list: <In, Out>(of: OptionSpec<In, Out>, s: Common<readonly NoInfer<In>[]>) =>
    spec<readonly In[], readonly Out[]>(`list of ${of.type}`, s as Common<readonly In[]>, (v) =>
      allowed<unknown[]>(v, Array.isArray(v), `a list of ${of.type}`).map((item) => of.parse(item))),
}

/**
 * Checks given options against their declaration and fills in the defaults.
 * Returns the values and every error (`option.unknown`, `option.value`); throws nothing.
 */
export function resolveOptions(
  where: string, declared: OptionSet, given: Readonly<Record<string, unknown>> = {},
): { readonly values: Readonly<Record<string, unknown>>; readonly errors: readonly TapeloomError[] } {
  const values: Record<string, unknown> = {}
  const errors: TapeloomError[] = []
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(declared, key)) continue
    const message = `[${where}] has no option '${key}'.${suggestion(key, Object.keys(declared)) || ' Remove it.'}`
    errors.push(new TapeloomError('option.unknown', message))
  }
  for (const [key, { parse, default: fallback }] of Object.entries(declared)) {
    const value = given[key] === undefined ? fallback : given[key]
    try {
      values[key] = parse(value)
    } catch (cause) {
      const message = `[${where}] option '${key}' is ${JSON.stringify(value)}. Give ${(cause as Error).message}.`
      errors.push(new TapeloomError('option.value', message, { cause }))
    }
  }
  return { values: Object.freeze(values), errors }
}
