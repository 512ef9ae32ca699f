import { durationUs, parseSymbol, type Duration, type MarketSymbol, type Timeframe } from '@tapeloom/core'
import { z } from 'zod'

/** A leaf: `what` completes "Give …" in the message. */
const leaf = <T>(what: string, fits: (value: unknown) => boolean) => z.custom<T>(fits, { error: what })
/** A mapping with these keys only; its message lists them, so that a misspelt one finds the nearest. */
const section = <S extends z.ZodRawShape>(shape: S) =>
  z.strictObject(shape, {
    error: ({ code }) => {
      const keys = Object.keys(shape)
      return code === 'unrecognized_keys' ? keys.join(' ') : `a mapping of ${keys.join(', ')}`
    },
  })

const succeeds = (run: () => unknown): boolean => {
  try {
    run()
    return true
  } catch {
    return false
  }
}
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const text = (what: string) => leaf<string>(what, (value) => typeof value === 'string' && value !== '')
const oneOf = <const T extends string>(...values: readonly T[]) => z.enum(values, { error: values.join(' or ') })
const boolean = leaf<boolean>('true or false', (value) => typeof value === 'boolean')
const seed = leaf<number>('a whole number from 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0)
const count = leaf<number>('a whole number from 1', (value) => Number.isSafeInteger(value) && (value as number) >= 1)
const isDuration = (value: unknown) => succeeds(() => durationUs(value as Duration))
const duration = leaf<Duration>("a duration such as '5s'", isDuration)
const timeframe = leaf<Timeframe>("a timeframe such as '1m'", (value) => isDuration(value) && !String(value).endsWith('us'))
const isSymbol = (value: unknown) => typeof value === 'string' && succeeds(() => parseSymbol(value))
const symbol = leaf<MarketSymbol>("a symbol such as 'BTC/USDT'", isSymbol)
const list = <T extends z.ZodType>(item: T, what: string) => z.array(item, { error: what })
const record = <T extends z.ZodType>(values: T, what: string) => z.record(z.string(), values, { error: what })

const moduleEntry = z.union([
  text('an alias, a package, a path, or { use, id, options, enabled }'),
  section({
    use: text('an alias, a package or a path'),
    id: text('a name of its own').optional(),
    options: record(z.unknown(), 'a mapping of options').optional(),
    enabled: boolean.optional(),
  }),
], { error: 'an alias, a package, a path, or { use, id, options, enabled }' })

const files = z.union([text('a file'), list(text('a file'), 'a list of files')], { error: 'a file or a list of files' })
const isPredictability = (value: unknown) => isNumber(value) && value >= 0.5 && value <= 0.999
const step = leaf<number | string>("a step such as '0.01'", (value) => Number(value) > 0 && Number.isFinite(Number(value)))
const number = leaf<number>('a number', isNumber)
/** A venue of a simulation: what `simulatedVenues` of @tapeloom/data/sim takes, which checks the numbers. */
const simVenue = section({
  name: text('a name'),
  tickSize: step.optional(),
  lotSize: step.optional(),
  feeBps: number.optional(),
  noiseBps: number.optional(),
  delay: duration.optional(),
  latency: duration.optional(),
  clockUs: number.optional(),
  clockPpm: number.optional(),
  stale: boolean.optional(),
  checks: list(oneOf('ids', 'checksum'), 'a list of ids, checksum').optional(),
  snapshots: duration.optional(),
})
const sim = section({
  symbols: list(symbol, "a list of symbols such as 'BTC/USDT'"),
  duration,
  seed: seed.optional(),
  predictability: leaf<number>('a number from 0.5 to 0.999', isPredictability).optional(),
  venues: list(simVenue, 'a list of venues, each with a name').optional(),
})
export type SimShape = z.infer<typeof sim>
const address = (protocols: string) =>
  leaf<string>(`an address such as ${protocols}://host`, (value) =>
    typeof value === 'string' && URL.canParse(value) && new RegExp(`^${protocols}s?://`).test(value))
/** A source of a venue's data as it happens: what `binance(…)` and the others of @tapeloom/feeds take. */
const live = section({
  venue: oneOf('binance', 'bybit', 'coinbase', 'kraken', 'okx'),
  symbols: list(symbol, "a list of symbols such as 'BTC/USDT'"),
  urls: section({ socket: address('ws').optional(), rest: address('http').optional() }).optional(),
  seed: seed.optional(),
  silence: duration.optional(),
  backOff: section({ first: duration.optional(), most: duration.optional(), stable: duration.optional() }).optional(),
})
export type LiveShape = z.infer<typeof live>
const SOURCE = '{ live: … }, { sim: … }, { parquet: files }, { capture: files } or ./file.ts#name'
const KINDS = ['live', 'sim', 'parquet', 'capture', 'use']
const source = z.union([
  text(SOURCE),
  section({
    live: live.optional(),
    sim: sim.optional(),
    parquet: files.optional(),
    capture: files.optional(),
    use: text('./file.ts#name or package#name').optional(),
    options: z.unknown().optional(),
    symbol: symbol.optional(),
    venue: text('the name of a venue').optional(),
    timeframe: timeframe.optional(),
  }).refine((one) => KINDS.filter((key) => key in one).length === 1, { error: `one of ${SOURCE}` }),
], { error: SOURCE })

const isSize = (value: unknown) => typeof value === 'string' && /^\d+(\.\d+)?(MB|GB)$/.test(value)
const STORE = "'memory', a file such as run.duckdb, or { path, memoryLimit, retention }"
const store = z.union([
  text(STORE),
  section({
    path: text("'memory' or a file such as run.duckdb").optional(),
    memoryLimit: leaf<`${number}MB` | `${number}GB`>("a size such as '512MB'", isSize).optional(),
    retention: section({
      keep: record(duration, 'a mapping of tables to durations'),
      pinned: duration.optional(),
    }).optional(),
  }),
], { error: STORE })
export type StoreShape = z.infer<typeof store>

const weight = leaf<number>('a number from 0', (value) => isNumber(value) && value >= 0)
const probability = leaf<number>('a number above 0, at most 1', (value) => isNumber(value) && value > 0 && value <= 1)

/** The shape of a configuration; messages complete "Give …". */
export const configSchema = section({
  orchestrator: section({
    type: oneOf('basic', 'configurable').optional(),
    modules: list(moduleEntry, 'a list of modules'),
    seed: seed.optional(),
    boundary: duration.optional(),
    mode: oneOf('lockstep', 'live').optional(),
    policy: oneOf('fail', 'skip', 'degrade').optional(),
    weights: record(weight, 'a mapping of weights').optional(),
    thresholds: section({ open: probability, close: probability })
      .refine(({ open, close }) => close < open, { error: 'a close below the open' }).optional(),
    snapshotEvery: count.optional(),
  }),
  data: section({
    sources: list(source, 'a list of sources').optional(),
    store: store.optional(),
    trades: boolean.optional(),
    journal: text('a folder').optional(),
    timeframes: list(timeframe, "a list of timeframes such as '1m'").optional(),
    priceVenue: record(text('the name of a venue'), 'a mapping of symbols to venues').optional(),
  }).optional(),
  environments: record(z.unknown(), 'a mapping of overlays by name').optional(),
})
export type ConfigShape = z.infer<typeof configSchema>
