import type { StoreRange } from '@tapeloom/core'
import type { Released, Retention, StoreTable } from '@tapeloom/data'
import type { OwnerOptions, ReadRows } from './database-owner.ts'
import type { PackedBatch } from './packed-rows.ts'
import type { Snapshot } from './parquet-snapshot.ts'
import type { QueryResult, QuerySpec } from './typed-query.ts'

/** What the owner thread can be asked: argument and answer of each call. */
export interface OwnerCalls {
  open: { argument: OwnerOptions; answer: { readonly appliedThrough: number } }
  write: { argument: PackedBatch; answer: undefined }
  read: { argument: { readonly range: StoreRange; readonly declared: StoreTable }; answer: ReadRows }
  query: { argument: QuerySpec; answer: QueryResult }
  retain: { argument: Retention; answer: Released }
  compact: { argument: undefined; answer: Readonly<Record<string, number>> }
  snapshot: { argument: string; answer: Snapshot }
  fill: { argument: string; answer: Snapshot }
  copy: { argument: string; answer: number }
  close: { argument: undefined; answer: undefined }
}
export type OwnerCall = keyof OwnerCalls

/** A request to the owner thread. */
export type OwnerRequest = { [C in OwnerCall]: { readonly id: number; readonly call: C; readonly argument: OwnerCalls[C]['argument'] } }[OwnerCall]

/** Its answer, or the code and message of its error. */
export type OwnerResponse =
  | { readonly id: number; readonly answer: OwnerCalls[OwnerCall]['answer'] }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } }
