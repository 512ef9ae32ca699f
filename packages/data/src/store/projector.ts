import type { Store, StoreRows } from '@tapeloom/core'
import { TableColumns } from './table-columns.ts'

/** How large a batch may grow before it is cut. */
const MOST_ROWS = 20_000
const MOST_US = 2e6

/** How a projector writes. */
export interface ProjectorOptions {
  readonly mostRows?: number
  /**
   * Told once of a write that failed. True: the rows can be made again (a journal has their inputs), so from here on they
   * are dropped. False, and by default: whoever waits or adds more is thrown the failure.
   */
  readonly failed?: (failure: unknown) => boolean
}

/**
 * Carries rows from the inputs that made them to the store: in batches that end between inputs, one after another, so
 * that a failed write leaves no hole. Rows of inputs that the store has are dropped: a journal can be run again.
 */
export class Projector {
  readonly #store: Store
  readonly #mostRows: number
  readonly #failed: (failure: unknown) => boolean
  #appliedThrough: number
  #tables = new Map<string, TableColumns>()
  #rows = 0
  #sequence = 0
  #through = 0
  #batchStartUs = NaN
  /** Batches that are not yet written, oldest first. */
  readonly #pending: Promise<void>[] = []
  #failure: unknown
  /** A write failed, and nothing is written any more; nobody is thrown the failure. */
  #stopped = false

  /** @param appliedThrough what the store said when it was opened */
  constructor(store: Store, appliedThrough: number, { mostRows = MOST_ROWS, failed = () => false }: ProjectorOptions = {}) {
    this.#store = store
    this.#appliedThrough = appliedThrough
    this.#mostRows = mostRows
    this.#failed = failed
  }

  /** Through which sequence the store has been written. */
  get appliedThrough(): number {
    return this.#appliedThrough
  }

  /** Rows that wait for the next batch. */
  get waiting(): number {
    return this.#rows
  }

  /** An input begins: rows added from here on were made by `sequence`. */
  begin(sequence: number): void {
    this.#sequence = sequence
  }

  /** Whether rows of the current input are wanted: not of inputs that the store already has, nor after a write that failed. */
  get wanted(): boolean {
    return this.#sequence > this.#appliedThrough && !this.#stopped
  }

  /** Adds a row of the current input; `known` is filled in. @throws TapeloomError `store.table`, `store.column` */
  add(table: string, row: Readonly<Record<string, number | string | null>>): void {
    if (!this.wanted) return
    const columns = this.table(table)
    const at = columns.append(row)
    this.added(columns, at)
  }

  /** The columns of a table to write a row into directly (hot tables): `push()`, set, then `added`. */
  table(name: string): TableColumns {
    const known = this.#tables.get(name)
    if (known) return known
    const columns = new TableColumns(name)
    this.#tables.set(name, columns)
    return columns
  }

  /** Stamps a row that was pushed directly. */
  added(columns: TableColumns, at: number): void {
    columns.column('known')[at] = this.#sequence
    this.#rows++
  }

  /** The input is done: its rows are complete, and the batch may be cut. `timeUs` is the input's tsInit. */
  end(timeUs: number): void {
    this.#through = this.#sequence
    if (Number.isNaN(this.#batchStartUs)) this.#batchStartUs = timeUs
    if (this.#rows >= this.#mostRows || (this.#rows > 0 && timeUs - this.#batchStartUs >= MOST_US)) this.#cut(timeUs)
  }

  /** Waits while more than two batches are not yet written. @throws what the store threw */
  async pressure(): Promise<void> {
    while (this.#pending.length > 2) await this.#pending[0]
    this.#check()
  }

  /**
   * Writes out the inputs that are done; then `appliedThrough` is the last of them. Called within an input, it takes
   * that input along. @throws what the store threw
   */
  async flush(): Promise<void> {
    await undefined // inputs run synchronously: after this the current one is done
    if (this.#through > this.#appliedThrough && !this.#stopped) this.#cut(NaN)
    await this.#pending.at(-1)
    this.#check()
  }

  #cut(timeUs: number): void {
    this.#check()
    this.#batchStartUs = timeUs
    const write = this.#write(this.#pending.at(-1), this.#through, this.#take())
    this.#pending.push(write)
  }

  /** Settles when the batch is written or has failed: a failure stops all later ones. */
  async #write(before: Promise<void> | undefined, through: number, rows: readonly StoreRows[]): Promise<void> {
    await before
    try {
      if (this.#failure === undefined && through > this.#appliedThrough) {
        await this.#store.write({ through, rows })
        this.#appliedThrough = through
      }
    } catch (error) {
      this.#failure = error
      this.#stopped = this.#failed(error)
      if (this.#stopped) this.#take()
    }
    this.#pending.shift()
  }

  #take(): readonly StoreRows[] {
    const rows = [...this.#tables.values()]
      .filter(({ length }) => length > 0)
      .map((columns) => ({ table: columns.table, length: columns.length, columns: columns.take() }))
    this.#tables = new Map()
    this.#rows = 0
    return rows
  }

  #check(): void {
    if (this.#failure !== undefined && !this.#stopped) throw this.#failure
  }
}
