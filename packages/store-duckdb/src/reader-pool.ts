import type { DuckDBConnection, DuckDBMaterializedResult, DuckDBPreparedStatement } from '@duckdb/node-api'
import { TapeloomError } from '@tapeloom/core'
import type { Native } from './native.ts'
import type { Parameters } from './range-conditions.ts'

/** Reads that run at the same time; each holds one thread of the pool that all of Node's file work shares. */
const CONNECTIONS = 3
/** Prepared statements kept per connection; preparing costs 10–20 % of a small read. */
const STATEMENTS = 32

/** One connection for reading, with the statements it has prepared. */
export class Reader {
  readonly connection: DuckDBConnection
  readonly #native: Native
  readonly #statements = new Map<string, DuckDBPreparedStatement>()

  constructor(native: Native, connection: DuckDBConnection) {
    this.#native = native
    this.connection = connection
  }

  /** The statement of this text, prepared once. */
  async prepare(sql: string): Promise<DuckDBPreparedStatement> {
    const known = this.#statements.get(sql)
    if (known) {
      this.#statements.delete(sql)
      this.#statements.set(sql, known) // the oldest is the one not used for longest
      return known
    }
    const statement = await this.connection.prepare(sql)
    this.#statements.set(sql, statement)
    for (const [oldest, unused] of this.#statements) {
      if (this.#statements.size <= STATEMENTS) break
      this.#statements.delete(oldest)
      unused.destroySync()
    }
    return statement
  }

  /** @throws TapeloomError `store.query` for a parameter without a value */
  async run(statement: DuckDBPreparedStatement, params: Parameters): Promise<DuckDBMaterializedResult> {
    for (let index = 1; index <= statement.parameterCount; index++) {
      const name = statement.parameterName(index)
      const value = Object.hasOwn(params, name) ? params[name] : undefined
      if (value === undefined) throw new TapeloomError('store.query', `[store-duckdb] query has no value for $${name}. Give it in params.`)
      this.#bind(statement, index, value)
    }
    return statement.run()
  }

  #bind(statement: DuckDBPreparedStatement, index: number, value: string | number | boolean | null): void {
    if (value === null) statement.bindNull(index)
    else if (typeof value === 'string') statement.bindVarchar(index, value)
    else if (typeof value === 'boolean') statement.bindBoolean(index, value)
    // Integers as such: compared with a double, a BIGINT column would be cast, and no row group skipped.
    else if (Number.isSafeInteger(value) && !Object.is(value, -0)) statement.bindValue(index, BigInt(value), this.#native.api.BIGINT)
    else statement.bindDouble(index, value)
  }
}

/** Hands out connections for reading, at most three at a time; who comes later waits for its turn. */
export class ReaderPool {
  readonly #open: () => Promise<Reader>
  readonly #idle: Reader[] = []
  readonly #all: Reader[] = []
  readonly #waiting: ((reader: Reader | undefined) => void)[] = []
  #opened = 0

  constructor(open: () => Promise<Reader>) {
    this.#open = open
  }

  async use<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    const reader = await this.#take()
    try {
      return await work(reader)
    } finally {
      const next = this.#waiting.shift()
      if (next) next(reader)
      else this.#idle.push(reader)
    }
  }

  close(): void {
    for (const reader of this.#all) reader.connection.disconnectSync()
  }

  async #take(): Promise<Reader> {
    const idle = this.#idle.pop()
    if (idle) return idle
    if (this.#opened >= CONNECTIONS) {
      const handed = await new Promise<Reader | undefined>((resolve) => this.#waiting.push(resolve))
      return handed ?? this.#take()
    }
    this.#opened++
    try {
      const reader = await this.#open()
      this.#all.push(reader)
      return reader
    } catch (error) {
      this.#opened-- // whoever waits for it tries anew
      this.#waiting.shift()?.(undefined)
      throw error
    }
  }
}
