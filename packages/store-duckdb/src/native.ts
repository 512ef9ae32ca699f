import { createRequire } from 'node:module'
import { TapeloomError } from '@tapeloom/core'

/** The API package as it is imported; its types only, the library itself is loaded on demand. */
export type DuckDBApi = typeof import('@duckdb/node-api')
declare const vectorBrand: unique symbol
/** A vector of a chunk as the bindings hand it out. */
export interface RawVector {
  readonly [vectorBrand]: true
}

/** The few functions of `@duckdb/node-bindings` that the API package does not offer: memory of vectors as bytes. */
export interface DuckDBBindings {
  data_chunk_get_vector(chunk: object, column: number): RawVector
  /** A copy of the vector's first bytes. */
  vector_get_data(vector: RawVector, byteCount: number): Uint8Array
  /** A copy of the validity bits, 1 = valid; null when all are valid. */
  vector_get_validity(vector: RawVector, byteCount: number): Uint8Array | null
  vector_ensure_validity_writable(vector: RawVector): void
  vector_assign_string_element_len(vector: RawVector, row: number, utf8: Uint8Array): void
  copy_data_to_vector(vector: RawVector, to: number, source: ArrayBufferLike, from: number, byteCount: number): void
  copy_data_to_vector_validity(vector: RawVector, to: number, source: ArrayBufferLike, from: number, byteCount: number): void
}

/** DuckDB, loaded. */
export interface Native {
  readonly api: DuckDBApi
  readonly bindings: DuckDBBindings
}

/** The release that this package is written and measured against. */
export const nativeVersion = '1.5.6-r.1'

/**
 * Loads DuckDB; the only place that does.
 * @throws TapeloomError `store.native` when it is not installed or has no build for this machine
 */
export async function loadNative(load: () => Promise<DuckDBApi> = () => import('@duckdb/node-api')): Promise<Native> {
  try {
    const api = await load()
    // The bindings are a dependency of the API package and, under a strict package manager, visible from there only.
    const bindings = createRequire(createRequire(import.meta.url).resolve('@duckdb/node-api'))('@duckdb/node-bindings') as DuckDBBindings
    return { api, bindings }
  } catch (cause) {
    const missing = (cause as { code?: string }).code === 'ERR_MODULE_NOT_FOUND'
    const what = missing ? 'is not installed' : `cannot be loaded on ${process.platform}-${process.arch} (${String(cause)})`
    throw new TapeloomError(
      'store.native', `[store-duckdb] '@duckdb/node-api' ${what}. Run: npm i @duckdb/node-api@${nativeVersion}`, { cause },
    )
  }
}
