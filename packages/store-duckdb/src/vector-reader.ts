import type { DuckDBDataChunk, DuckDBMaterializedResult, DuckDBType, DuckDBValue } from '@duckdb/node-api'
import type { Native } from './native.ts'

/** What a column is read as. */
export type ColumnKind = 'number' | 'text' | 'boolean'
/** A column as it is read: NaN, null where the table has NULL. */
export type ReadColumn = Float64Array | (string | null)[] | (boolean | null)[]

const TWO_32 = 4_294_967_296

/** Reads columns of a result by position. */
export class VectorReader {
  readonly #native: Native
  readonly #numbers: ReadonlyMap<number, NumberFormat>
  readonly #texts: ReadonlySet<number>
  readonly #slowNumbers: ReadonlySet<number>

  constructor(native: Native) {
    this.#native = native
    const { DuckDBTypeId: id } = native.api
    const view = (Type: NumberArray): NumberFormat => ({
      size: Type.BYTES_PER_ELEMENT,
      numbers: (bytes, count) => new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset, count),
    })
    this.#numbers = new Map([
      [id.DOUBLE, view(Float64Array)], [id.FLOAT, view(Float32Array)],
      [id.TINYINT, view(Int8Array)], [id.SMALLINT, view(Int16Array)], [id.INTEGER, view(Int32Array)],
      [id.UTINYINT, view(Uint8Array)], [id.USMALLINT, view(Uint16Array)], [id.UINTEGER, view(Uint32Array)],
      [id.BIGINT, { size: 8, numbers: fromBigInts }],
    ])
    this.#slowNumbers = new Set([id.UBIGINT, id.HUGEINT, id.UHUGEINT, id.DECIMAL])
    this.#texts = new Set([id.VARCHAR, id.ENUM])
  }

  /** What a DuckDB type can be read as; undefined for those without a kind (times, lists, structures). */
  kindOf(type: DuckDBType): ColumnKind | undefined {
    if (this.#numbers.has(type.typeId) || this.#slowNumbers.has(type.typeId)) return 'number'
    if (this.#texts.has(type.typeId)) return 'text'
    return type.typeId === this.#native.api.DuckDBTypeId.BOOLEAN ? 'boolean' : undefined
  }

  /** The columns at `indices`, whole, in that order. */
  read(result: DuckDBMaterializedResult, indices: readonly number[]): { columns: ReadColumn[]; rowCount: number } {
    // Taken at once: fetching asks another thread for each chunk, which costs a small read more than its rows.
    const chunks = Array.from({ length: result.chunkCount }, (_, chunk) => result.getChunk(chunk))
    const rowCount = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0)
    const columns = indices.map((index) => {
      const type = result.columnType(index)
      return this.kindOf(type) === 'number' ? this.#readNumbers(chunks, index, type, rowCount) : readItems(chunks, index)
    })
    return { columns, rowCount }
  }

  #readNumbers(chunks: readonly DuckDBDataChunk[], index: number, type: DuckDBType, rowCount: number): Float64Array {
    const into = new Float64Array(rowCount)
    const fast = this.#numbers.get(type.typeId)
    let at = 0
    for (const chunk of chunks) {
      const count = chunk.rowCount
      if (fast) this.#copyNumbers(chunk, index, fast, into.subarray(at, at + count))
      else chunk.visitColumnValues(index, (value, row) => (into[at + row] = toNumber(value)))
      at += count
    }
    return into
  }

  #copyNumbers(chunk: DuckDBDataChunk, index: number, { size, numbers }: NumberFormat, into: Float64Array): void {
    const { bindings } = this.#native
    const vector = bindings.data_chunk_get_vector(chunk.chunk, index)
    const count = into.length
    into.set(numbers(bindings.vector_get_data(vector, size * count), count))
    const validity = bindings.vector_get_validity(vector, 8 * Math.ceil(count / 64))
    if (!validity) return
    for (let row = 0; row < count; row++) if (!(validity[row >> 3]! & (1 << (row & 7)))) into[row] = NaN
  }
}

/** How numbers of a type lie in a vector's memory. */
interface NumberFormat {
  /** Bytes of one. */
  readonly size: number
  readonly numbers: (bytes: Uint8Array, count: number) => ArrayLike<number>
}
interface NumberArray {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer, offset: number, count: number): ArrayLike<number>
}

/** 64-bit integers as numbers, exact below 2^53, without a BigInt a row. */
function fromBigInts(bytes: Uint8Array, count: number): Float64Array {
  const low = new Uint32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, 2 * count)
  const high = new Int32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, 2 * count)
  const numbers = new Float64Array(count)
  for (let row = 0; row < count; row++) numbers[row] = high[2 * row + 1]! * TWO_32 + low[2 * row]!
  return numbers
}

const toNumber = (value: DuckDBValue): number =>
  value === null ? NaN : typeof value === 'bigint' ? Number(value) : (value as { toDouble(): number }).toDouble()

function readItems(chunks: readonly DuckDBDataChunk[], index: number): (string | null)[] | (boolean | null)[] {
  const values: DuckDBValue[] = []
  for (const chunk of chunks) chunk.appendColumnValues(index, values)
  return values as (string | null)[] | (boolean | null)[]
}
