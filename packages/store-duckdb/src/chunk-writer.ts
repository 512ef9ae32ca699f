import type { DuckDBAppender, DuckDBDataChunk, DuckDBType } from '@duckdb/node-api'
import { TapeloomError } from '@tapeloom/core'
import type { ColumnType } from '@tapeloom/data'
import type { Native, RawVector } from './native.ts'
import type { PackedColumn, PackedRows, PackedText } from './packed-rows.ts'

/** Rows of one chunk: DuckDB's vector size. */
const CHUNK = 2048
const TWO_32 = 4_294_967_296
/** Bytes of a text that stand in its 16-byte entry itself (`duckdb_string_t`); longer ones stand in the vector's heap. */
const INLINE = 12

/** A column of a table: its name and type as created. */
export interface TableColumn {
  readonly name: string
  readonly type: ColumnType
}

/** Words of a text column as 16-byte entries; long ones get theirs anew in each chunk. */
interface Words {
  readonly codes: Int32Array
  readonly utf8: readonly Uint8Array[]
  readonly entries: Int32Array
  /** For each long word, the row of the current chunk that holds it, or -1. */
  readonly heldBy: Int32Array
}

/**
 * Appends packed rows to one table, chunk by chunk: column memory is copied into vectors as it is, NaN and missing text
 * become NULL. Not thread-safe; its rows are in the table's transaction after `flush`.
 */
export class ChunkWriter {
  readonly #native: Native
  readonly #appender: DuckDBAppender
  readonly #columns: readonly TableColumn[]
  readonly #chunk: DuckDBDataChunk
  readonly #entries = new Int32Array(4 * CHUNK)
  readonly #integers = new Int32Array(2 * CHUNK)
  readonly #validity = new Int32Array(CHUNK / 32)

  constructor(native: Native, appender: DuckDBAppender, columns: readonly TableColumn[]) {
    this.#native = native
    this.#appender = appender
    this.#columns = columns
    const { BIGINT, DOUBLE, VARCHAR } = native.api
    const types: Record<ColumnType, DuckDBType> = { number: DOUBLE, integer: BIGINT, text: VARCHAR }
    this.#chunk = native.api.DuckDBDataChunk.create(columns.map(({ type }) => types[type]), CHUNK)
  }

  /** @throws TapeloomError `store.value` for a fraction, or a number beyond 2^53, in an integer column */
  append(rows: PackedRows): void {
    const { bindings } = this.#native
    const sources = this.#columns.map(({ name }) => rows.columns.find((column) => column.name === name))
    const words = sources.map((source) => (source && !(source.data instanceof Float64Array) ? wordsOf(source.data) : undefined))
    for (let start = 0; start < rows.length; start += CHUNK) {
      const count = Math.min(CHUNK, rows.length - start)
      this.#chunk.reset()
      this.#chunk.rowCount = count
      for (let index = 0; index < sources.length; index++) {
        const vector = bindings.data_chunk_get_vector(this.#chunk.chunk, index)
        this.#validity.fill(-1)
        if (this.#put(vector, rows.table, sources[index], words[index], start, count)) this.#putValidity(vector, count)
      }
      this.#appender.appendDataChunk(this.#chunk)
    }
  }

  flush(): void {
    this.#appender.flushSync()
  }

  /** Forgets rows that were appended and not flushed: closing would write them, outside of any transaction. */
  discard(): void {
    this.#appender.clear()
  }

  close(): void {
    this.#appender.closeSync()
  }

  /** Writes one column of one chunk and clears validity bits; whether there are any cleared. */
  #put(vector: RawVector, table: string, source: PackedColumn | undefined, words: Words | undefined, start: number, count: number): boolean {
    if (!source) {
      this.#validity.fill(0)
      return true
    }
    if (words) return this.#putText(vector, words, start, count)
    const numbers = source.data as Float64Array
    return source.type === 'integer'
      ? this.#putIntegers(vector, table, source.name, numbers, start, count)
      : this.#putNumbers(vector, numbers, start, count)
  }

  #putNumbers(vector: RawVector, numbers: Float64Array, start: number, count: number): boolean {
    let missing = false
    for (let row = 0; row < count; row++) {
      const value = numbers[start + row]! // row < count <= numbers.length - start
      if (value !== value) missing = this.#clear(row)
    }
    this.#native.bindings.copy_data_to_vector(vector, 0, numbers.buffer, numbers.byteOffset + 8 * start, 8 * count)
    return missing
  }

  #putIntegers(vector: RawVector, table: string, name: string, numbers: Float64Array, start: number, count: number): boolean {
    const halves = this.#integers
    let missing = false
    for (let row = 0; row < count; row++) {
      const value = numbers[start + row]! // row < count <= numbers.length - start
      if (value !== value) missing = this.#clear(row)
      else if (!Number.isSafeInteger(value)) throw integerError(table, name, value, start + row)
      // Two's complement in two halves: exact, and without a BigInt a row.
      halves[2 * row] = value
      halves[2 * row + 1] = Math.floor(value / TWO_32)
    }
    this.#native.bindings.copy_data_to_vector(vector, 0, halves.buffer, 0, 8 * count)
    return missing
  }

  #putText(vector: RawVector, { codes, utf8, entries, heldBy }: Words, start: number, count: number): boolean {
    const { bindings } = this.#native
    const into = this.#entries
    let missing = false
    let long = false
    heldBy.fill(-1)
    for (let row = 0; row < count; row++) {
      const code = codes[start + row]! // row < count <= codes.length - start
      const bytes = utf8[code]
      if (!bytes) {
        missing = this.#clear(row)
        into.fill(0, 4 * row, 4 * row + 4)
      } else if (bytes.length <= INLINE) copyEntry(entries, code, into, row)
      else if (heldBy[code] === -1) {
        bindings.vector_assign_string_element_len(vector, row, bytes)
        heldBy[code] = row
        long = true
      }
    }
    if (long) this.#repeatLong(vector, codes, utf8, heldBy, start, count)
    bindings.copy_data_to_vector(vector, 0, into.buffer, 0, 16 * count)
    return missing
  }

  /** Copies the entries of long words from the row that holds them to all rows that say the same. */
  #repeatLong(vector: RawVector, codes: Int32Array, utf8: readonly Uint8Array[], heldBy: Int32Array, start: number, count: number): void {
    const bytes = this.#native.bindings.vector_get_data(vector, 16 * count)
    const held = new Int32Array(bytes.buffer, bytes.byteOffset, 4 * count)
    for (let row = 0; row < count; row++) {
      const code = codes[start + row]!
      if ((utf8[code]?.length ?? 0) > INLINE) copyEntry(held, heldBy[code]!, this.#entries, row)
    }
  }

  #clear(row: number): true {
    this.#validity[row >> 5]! &= ~(1 << (row & 31))
    return true
  }

  #putValidity(vector: RawVector, count: number): void {
    const { bindings } = this.#native
    bindings.vector_ensure_validity_writable(vector)
    bindings.copy_data_to_vector_validity(vector, 0, this.#validity.buffer, 0, 8 * Math.ceil(count / 64))
  }
}

function copyEntry(from: Int32Array, at: number, into: Int32Array, row: number): void {
  const source = 4 * at
  const target = 4 * row
  into[target] = from[source]!
  into[target + 1] = from[source + 1]!
  into[target + 2] = from[source + 2]!
  into[target + 3] = from[source + 3]!
}

const encoder = new TextEncoder()

function wordsOf({ codes, words }: PackedText): Words {
  const utf8 = words.map((word) => encoder.encode(word))
  const entries = new Int32Array(4 * words.length)
  const bytes = new Uint8Array(entries.buffer)
  for (const [code, word] of utf8.entries()) {
    if (word.length > INLINE) continue
    entries[4 * code] = word.length
    bytes.set(word, 16 * code + 4)
  }
  return { codes, utf8, entries, heldBy: new Int32Array(words.length) }
}

const integerError = (table: string, name: string, value: number, row: number) =>
  new TapeloomError(
    'store.value', `[store table '${table}'] integer column '${name}' got ${value} in row ${row}. Give whole numbers below 2^53, or NaN.`,
  )
