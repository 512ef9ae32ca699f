/** What a module reads of another: by name and range, without importing its package. */
export interface Need<M extends string = string, C extends string = string> {
  readonly module: M
  readonly range: string
  readonly features: readonly C[]
  readonly optional: boolean
}
export type NeedSet = Readonly<Record<string, Need>>
/** Readers of the listed columns; NaN when the column, module or value is missing. */
export type NeedReaders<R extends NeedSet> = {
  readonly [K in keyof R]: R[K] extends Need<string, infer C> ? { readonly [P in C]: number } : never
}
export type NeedColumns<R extends NeedSet> = {
  [K in keyof R]: R[K] extends Need<infer M, infer C> ? `${M}.${C}` : never
}[keyof R]

/**
 * Declares that a module reads columns of another, checked when both are loaded.
 * @example need('pivot', '^1', { features: ['l3Trend'] }).module // => 'pivot'
 */
export function need<const M extends string, const C extends readonly string[] = readonly []>(
  module: M, range: string, use: { readonly features?: C; readonly optional?: boolean } = {},
): Need<M, C[number]> {
  return { module, range, features: use.features ?? [], optional: use.optional ?? false }
}
