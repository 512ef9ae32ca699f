import { TapeloomError } from '@tapeloom/core'
import type { AsyncBuffer, FileMetaData } from 'hyparquet'

/** Columns of a row group: numbers (NaN missing) or flags. */
export type ParquetColumns = ReadonlyMap<string, Float64Array>

/** Row groups that are kept decoded between `prepare` and `events`; larger files are read twice. */
const KEEP_ROWS = 500_000

/** A Parquet file, read row group by row group in plain JavaScript. Times come as µs, true as 1. */
export class ParquetFile {
  readonly path: string
  readonly #metadata: FileMetaData
  readonly #buffer: AsyncBuffer
  readonly #kept = new Map<number, ParquetColumns>()

  private constructor(path: string, buffer: AsyncBuffer, metadata: FileMetaData) {
    this.path = path
    this.#buffer = buffer
    this.#metadata = metadata
  }

  /** @throws TapeloomError `source.missing` when there is no such file, `source.parquet` when it is not readable */
  static async open(path: string): Promise<ParquetFile> {
    const { asyncBufferFromFile, parquetMetadataAsync } = await import('hyparquet')
    try {
      const buffer = await asyncBufferFromFile(path)
      return new ParquetFile(path, buffer, await parquetMetadataAsync(buffer))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        throw new TapeloomError('source.missing', `[source ${path}] there is no such file. Check the path.`, {
          cause: error,
        })
      }
      throw broken(path, 'is not a readable Parquet file', error)
    }
  }

  /** Names of its columns. */
  get columns(): readonly string[] {
    return this.#metadata.schema.slice(1).map(({ name }) => name)
  }

  get rows(): number {
    return Number(this.#metadata.num_rows)
  }

  get groups(): number {
    return this.#metadata.row_groups.length
  }

  /** The named columns of one row group. @throws TapeloomError `source.parquet` when it is damaged */
  async read(group: number, columns: readonly string[]): Promise<ParquetColumns> {
    const kept = this.#kept.get(group)
    if (kept) return kept
    const read = await this.#readGroup(group, columns)
    if (this.rows <= KEEP_ROWS) this.#kept.set(group, read)
    return read
  }

  /** Forgets a row group that is no longer needed. */
  drop(group: number): void {
    this.#kept.delete(group)
  }

  async #readGroup(group: number, columns: readonly string[]): Promise<ParquetColumns> {
    const [{ parquetRead }, { compressors }] = await Promise.all([import('hyparquet'), import('hyparquet-compressors')])
    const counts = this.#metadata.row_groups.map(({ num_rows }) => Number(num_rows))
    const rowStart = counts.slice(0, group).reduce((sum, count) => sum + count, 0)
    const rowEnd = rowStart + (counts[group] ?? 0)
    const read = new Map(columns.map((name) => [name, new Float64Array(rowEnd - rowStart).fill(NaN)]))
    try {
      await parquetRead({
        file: this.#buffer,
        metadata: this.#metadata,
        columns: [...columns],
        rowStart,
        rowEnd,
        compressors,
        parsers,
        onChunk: ({ columnName, columnData, rowStart: at }) =>
          copy(columnData, read.get(columnName)!, at - rowStart, columnName),
      })
    } catch (error) {
      throw broken(this.path, `is damaged in rows ${rowStart} to ${rowEnd}`, error)
    }
    return read
  }
}

/** Times as µs instead of dates. */
const parsers = {
  timestampFromMilliseconds: (millis: bigint): number => Number(millis) * 1000,
  timestampFromMicroseconds: (micros: bigint): number => Number(micros),
  timestampFromNanoseconds: (nanos: bigint): number => Number(nanos / 1000n),
}

function copy(from: ArrayLike<unknown>, to: Float64Array, start: number, name: string): void {
  const nanoseconds = name.endsWith('_ns')
  for (let i = 0; i < from.length; i++) {
    const [value, at] = [from[i], start + i]
    if (at < 0 || at >= to.length) continue
    if (typeof value === 'number') to[at] = value
    else if (typeof value === 'bigint') to[at] = nanoseconds ? Number(value / 1000n) * 1000 : Number(value)
    else if (typeof value === 'boolean') to[at] = value ? 1 : 0
    else if (typeof value === 'string') to[at] = value.toLowerCase() === 'true' ? 1 : 0
  }
}

/** The error for a file that cannot be read. */
export const broken = (path: string, what: string, cause?: unknown): TapeloomError =>
  new TapeloomError(
    'source.parquet',
    `[source ${path}] ${what}${cause instanceof Error ? ` (${cause.message})` : ''}. Get the file again.`,
    { cause },
  )
