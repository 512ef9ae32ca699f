import { minVersion } from 'semver'
import { defineModule, definitionOf, type Module } from '../module/define.ts'
import type { FeatureSpec } from '../module/feature.ts'
import type { Need, NeedSet } from '../module/need.ts'

/** Fixed values for the columns that a module needs of others. */
export type NeedFixture<R extends NeedSet> = {
  readonly [K in keyof R]: R[K] extends Need<string, infer C> ? { readonly [P in C]: number } : never
}
/** `needs` must be given for a module that requires something, and must not for one that does not. */
export type HasNeeds<M extends Module> = keyof M['requires'] extends never
  ? { readonly needs?: never }
  : { readonly needs: NeedFixture<M['requires']> }
/** Values by need and column, without their types. */
export type NeedValues = Readonly<Record<string, Readonly<Record<string, number>>>>

/** One provider a need, which holds the given values; a need without values has no provider. */
export function providersOf(module: Module, needs: NeedValues = {}): readonly Module[] {
  const { requires = {} } = definitionOf(module)
  return Object.entries(requires).flatMap(([key, need]) => {
    const values = needs[key]
    return values ? [provider(need, values)] : []
  })
}

function provider({ module, range, features }: Need, values: Readonly<Record<string, number>>): Module {
  const spec: FeatureSpec = { rev: 1, unit: 'score', range: [-Infinity, Infinity], description: 'A fixed value.' }
  const write = (slots: Record<string, number>) => {
    for (const name of features) slots[name] = values[name] ?? NaN
  }
  return defineModule({
    name: module,
    version: minVersion(range)?.version ?? '1.0.0',
    core: '*',
    features: Object.fromEntries(features.map((name) => [name, spec])) as Readonly<Record<string, FeatureSpec>>,
    on: { trade: (_trade, { features: slots }) => write(slots), book: (_book, { features: slots }) => write(slots) },
    start: ({ features: slots }) => write(slots), // for candles, which a provider does not hear
  })
}
