import { TapeloomError } from '@tapeloom/core'
import type { StoreBatch, StoreColumns, StoreRange, StoreRows } from '@tapeloom/core'
import {
  greatest, lanesOf, lifetimes, newestTime, planRetention, retentionStepUs, type RangeUse, type Released, type Retention, type RetainingStore,
  type TableRetention,
} from './retention.ts'
import { RowIndex } from './row-index.ts'
import { storeTable } from './store-tables.ts'
import { TableColumns } from './table-columns.ts'

/**
 * A store in memory: typed columns, every version of every row; gone with the process.
 * @throws TapeloomError `store.retention store.table duration.form`
 */
export const memoryStore = (options: { readonly retention?: Retention } = {}): RetainingStore => new MemoryStore(options.retention)

interface Table {
  readonly columns: TableColumns
  readonly index: RowIndex
}

class MemoryStore implements RetainingStore {
  readonly path = undefined
  readonly #tables = new Map<string, Table>()
  readonly #retention: Retention | undefined
  #appliedThrough = 0
  /** Newest time at which old rows were let go. */
  #retainedAt = -Infinity

  constructor(retention: Retention | undefined) {
    if (retention) lifetimes(retention, [])
    this.#retention = retention
  }

  open(): Promise<{ readonly appliedThrough: number }> {
    return Promise.resolve({ appliedThrough: this.#appliedThrough })
  }

  async write(batch: StoreBatch): Promise<void> {
    for (const { table } of batch.rows) storeTable(table)
    for (const { table, length, columns } of batch.rows) {
      const into = this.#table(table)
      const from = into.columns.length
      into.columns.extend(length, columns)
      for (let row = from; row < into.columns.length; row++) into.index.add(row)
    }
    this.#appliedThrough = Math.max(this.#appliedThrough, batch.through)
    const newest = this.#retention ? newestTime(batch.rows) : -Infinity
    if (!this.#retention || newest < this.#retainedAt + retentionStepUs(this.#retention)) return
    this.#retainedAt = newest
    await this.retain(this.#retention)
  }

  async retain(retention: Retention): Promise<Released> {
    const kept = lifetimes(retention, [...this.#tables.keys()])
    const cutoffs = new Map([...kept].map(([table, { time, us }]) => {
      const times = this.#tables.get(table)!.columns
      return [table, { time, cutoff: greatest(times.numbers.get(time)!.subarray(0, times.length)) - us }]
    }))
    const { uses, newest } = await this.#uses()
    const plan = planRetention(retention, cutoffs, uses, newest)
    const rows: Record<string, number> = {}
    for (const [table, of] of plan.tables) {
      const gone = this.#letGo(table, of)
      if (gone > 0) rows[table] = gone
    }
    const states = this.#table('reference_states')
    for (const reference of plan.expired) {
      const row = { ref_id: reference, state: 'expired', reason: 'retention', known: this.#appliedThrough }
      states.index.add(states.columns.append(row))
    }
    return { rows, expired: plan.expired }
  }

  /** The ranges of all references that have not expired by retention. */
  async #uses(): Promise<{ readonly uses: readonly RangeUse[]; readonly newest: number }> {
    const states = await this.read({ table: 'reference_states', columns: ['ref_id', 'state', 'reason'], key: 'known' })
    const [ids, names, reasons] = ['ref_id', 'state', 'reason'].map((name) => states.columns[name] as readonly (string | null)[])
    const last = new Map<string, string | null>()
    const released = new Set<string>()
    for (const [i, id] of ids!.entries()) {
      last.set(id!, names![i]!)
      if (names![i] === 'expired' && reasons![i] === 'retention') released.add(id!)
    }
    const frames = await this.read({ table: 'inference_frames', columns: ['id', 'as_of', 'lanes'] })
    const [references, lanes] = ['id', 'lanes'].map((name) => frames.columns[name] as readonly (string | null)[])
    const times = frames.columns['as_of'] as Float64Array
    const uses = references!.flatMap((reference, i): readonly RangeUse[] => {
      if (released.has(reference!)) return []
      const waiting = ['open', 'matched'].includes(last.get(reference!) ?? 'open')
      return lanesOf(lanes![i]!).map(({ series, start, end }) => ({ reference: reference!, asOf: times[i]!, waiting, series, start, end }))
    })
    return { uses, newest: greatest(times) }
  }

  /** Removes the rows of a table before its cutoff that no pin holds; how many there were. */
  #letGo(name: string, { time, cutoff, pins }: TableRetention): number {
    const { columns } = this.#table(name)
    const times = columns.numbers.get(time)!
    const [symbols, venues] = [columns.texts.get('symbol'), columns.texts.get('venue')]
    const isPinned = (row: number): boolean => pins.some(({ symbol, venue, from, to }) =>
      symbols?.[row] === symbol && (venue === undefined || venues?.[row] === venue) && times[row]! >= from && times[row]! <= to)
    const stay = Array.from({ length: columns.length }, (_, row) => row).filter((row) => !(times[row]! < cutoff) || isPinned(row))
    const gone = columns.length - stay.length
    if (gone === 0) return 0
    const left = newTable(name)
    left.columns.extend(stay.length, columnsOf(columns, [...columns.numbers.keys(), ...columns.texts.keys()], stay))
    for (let row = 0; row < stay.length; row++) left.index.add(row)
    this.#tables.set(name, left)
    return gone
  }

  async read(range: StoreRange): Promise<StoreRows> {
    const { table, columns, equals = {}, key, from = -Infinity, to = Infinity, knownBy = Infinity, limit } = range
    const spec = storeTable(table)
    const { columns: stored, index } = this.#tables.get(table) ?? newTable(table)
    for (const column of [...columns, ...Object.keys(equals), ...(key === undefined ? [] : [key])]) {
      if (!stored.numbers.has(column) && !stored.texts.has(column) && spec.open !== true)
        throw unknownColumn(table, column)
    }
    const rows = index.select(equals, { key, from, to }, knownBy)
    const order = key === undefined ? undefined : stored.numbers.get(key)
    if (order) rows.sort((a, b) => order[a]! - order[b]! || a - b)
    const kept = limit === undefined ? rows : rows.slice(Math.max(0, rows.length - limit))
    return { table, length: kept.length, columns: columnsOf(stored, columns, kept) }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #table(name: string): Table {
    const known = this.#tables.get(name)
    if (known) return known
    const table = newTable(name)
    this.#tables.set(name, table)
    return table
  }
}

function newTable(name: string): Table {
  const columns = new TableColumns(name)
  return { columns, index: new RowIndex(columns) }
}

/** The asked columns of some rows; a feature column that no row has is missing in all. */
function columnsOf(stored: TableColumns, names: readonly string[], rows: readonly number[]): StoreColumns {
  const columns: Record<string, Float64Array | (string | null)[]> = {}
  for (const name of names) {
    const [numbers, texts] = [stored.numbers.get(name), stored.texts.get(name)]
    columns[name] = texts
      ? rows.map((row) => texts[row] ?? null)
      : Float64Array.from(rows, (row) => numbers?.[row] ?? NaN)
  }
  return columns
}

const unknownColumn = (table: string, column: string): TapeloomError =>
  new TapeloomError(
    'store.column',
    `[store table '${table}'] has no column '${column}'. Read what storeTables declares.`,
  )
