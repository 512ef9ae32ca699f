import { durationUs, TapeloomError, type Duration, type Store, type StoreColumns } from '@tapeloom/core'
import { storeTable, storeTables } from './store-tables.ts'
import { trySeriesId } from '../series/series-id.ts'

/** How long a store keeps the rows of its tables, measured back from the newest row of each: no clock is asked. */
export interface Retention {
  /** By table; `ohlcv` and `features` mean all tables of their kind that are not named. What is not named stays. */
  readonly keep: Readonly<Record<string, Duration>>
  /** How long a reference that waits for its target or its training holds the rows it needs; default `7d`. */
  readonly pinned?: Duration
}

/** What retention let go. */
export interface Released {
  /** Rows by table, all versions counted. */
  readonly rows: Readonly<Record<string, number>>
  /** References whose rows may be gone: their newest state is `expired`, its reason `retention`. */
  readonly expired: readonly string[]
}

/** A store that can let old rows go. */
export interface RetainingStore extends Store {
  /** Lets go what is older than said; rows that open references need stay. @throws TapeloomError `store.retention` */
  retain(retention: Retention): Promise<Released>
}

/** A reference on a range of a series, and whether it still waits for its target or its training. */
export interface RangeUse {
  readonly reference: string
  readonly asOf: number
  readonly waiting: boolean
  readonly series: string
  /** First and last row, µs. */
  readonly start: number
  readonly end: number
}

/** Rows that stay: those of a symbol (at a venue) in [from, to]. */
export interface Pin {
  readonly symbol: string
  readonly venue: string | undefined
  readonly from: number
  readonly to: number
}

/** Rows of a table before `cutoff` go, but for `pins`. */
export interface TableRetention {
  /** The column that says of which time a row is. */
  readonly time: string
  readonly cutoff: number
  readonly pins: readonly Pin[]
}

/** What retention does to each table, and to references. */
export interface RetentionPlan {
  readonly tables: ReadonlyMap<string, TableRetention>
  readonly expired: readonly string[]
}

const PINNED: Duration = '7d'
/** Pins of one series that are not further apart are one, µs. */
const NEAR_US = 3600e6

/**
 * The time column and the time to live, µs, of each of these tables that has one.
 * @throws TapeloomError `store.table`, `store.retention` for a table whose rows have no time, `duration.form`
 */
export function lifetimes(
  { keep, pinned = PINNED }: Retention, tables: readonly string[],
): ReadonlyMap<string, { readonly time: string; readonly us: number }> {
  for (const [name, duration] of [...Object.entries(keep), ['pinned', pinned] as const]) {
    if (name !== 'pinned' && (Object.hasOwn(storeTables, name) ? storeTables[name]! : storeTable(name)).time === undefined) {
      throw new TapeloomError('store.retention', `[store retention '${name}'] its rows have no time. Name a table with one.`)
    }
    durationUs(duration)
  }
  const found = new Map<string, { readonly time: string; readonly us: number }>()
  for (const table of tables) {
    const kind = table.startsWith('ohlcv_') ? 'ohlcv' : table.startsWith('features_') ? 'features' : table
    const duration = keep[table] ?? keep[kind]
    const { time } = duration === undefined ? {} : storeTable(table)
    if (duration !== undefined && time !== undefined) found.set(table, { time, us: durationUs(duration) })
  }
  return found
}

/** How far time must have gone on before it is worth to look again, µs. */
export const retentionStepUs = ({ keep }: Retention): number =>
  Math.max(60e6, Math.min(...Object.values(keep).map((duration) => durationUs(duration))) / 20)

/**
 * Plans what goes: a waiting reference holds its ranges until it is older than `pinned`; one that does not hold them, and
 * whose range begins before what is kept, expires.
 * @param uses ranges of references that have not expired by retention before: of all that wait, and others that may go
 * @param cutoffs by table, its time column and where what is kept begins
 * @param newest time of the newest reference, µs
 */
export function planRetention(
  { pinned = PINNED }: Retention, cutoffs: ReadonlyMap<string, { readonly time: string; readonly cutoff: number }>,
  uses: readonly RangeUse[], newest: number,
): RetentionPlan {
  const oldestPin = newest - durationUs(pinned)
  const pins = new Map<string, Pin[]>([...cutoffs.keys()].map((table) => [table, []]))
  const expired = new Set<string>()
  for (const use of uses.toSorted((a, b) => a.start - b.start)) {
    const of = tableOf(use.series)
    const kept = of && cutoffs.get(of.table)
    if (!kept || use.start >= kept.cutoff) continue
    if (!use.waiting || use.asOf < oldestPin) expired.add(use.reference)
    else join(pins.get(of.table)!, { symbol: of.symbol, venue: of.venue, from: use.start, to: use.end })
  }
  const firstWaiting = uses.reduce((first, { waiting, asOf }) => (waiting && asOf >= oldestPin ? Math.min(first, asOf) : first), Infinity)
  const tables = new Map([...cutoffs].map(([table, { time, cutoff }]) => {
    const before = table === 'inference_frames' ? Math.min(cutoff, firstWaiting) : cutoff
    return [table, { time, cutoff: before, pins: pins.get(table)! }]
  }))
  return { tables, expired: [...expired].sort() }
}

/** Adds a pin, in the order of their starts, to the one of its series that reaches it. */
function join(pins: Pin[], pin: Pin): void {
  const at = pins.findLastIndex(({ symbol, venue, to }) => symbol === pin.symbol && venue === pin.venue && to + NEAR_US >= pin.from)
  if (at < 0) pins.push(pin)
  else pins[at] = { ...pins[at]!, to: Math.max(pins[at]!.to, pin.to) }
}

function tableOf(series: string): { readonly table: string; readonly symbol: string; readonly venue: string | undefined } | undefined {
  const name = trySeriesId(series)
  if (!name) return undefined
  return name.kind === 'candle'
    ? { table: `ohlcv_${name.timeframe}`, symbol: name.symbol, venue: name.venue }
    : { table: `features_${name.layoutId}`, symbol: name.symbol, venue: undefined }
}

/** The ranges in the `lanes` text of a row of `inference_frames`. */
export function lanesOf(text: string | null): readonly { readonly series: string; readonly start: number; readonly end: number }[] {
  const lanes = JSON.parse(text ?? '[]') as readonly { series: string; start: number; end: number; count: number }[]
  return lanes.filter(({ count }) => count > 0)
}

/** The greatest of some numbers, NaN left out. */
export const greatest = (values: Float64Array): number => values.reduce((most, value) => (value > most ? value : most), -Infinity)

/** The newest time of a batch's rows. */
export const newestTime = (rows: readonly { readonly table: string; readonly columns: StoreColumns }[]): number =>
  rows.reduce((most, { table, columns }) => {
    const { time } = storeTable(table)
    const times = time === undefined ? undefined : columns[time]
    return times instanceof Float64Array ? Math.max(most, greatest(times)) : most
  }, -Infinity)
