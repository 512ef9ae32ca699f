export type TypedArray =
  | Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array
/** What may stand in a state or a snapshot. */
export type Plain = null | boolean | number | string | TypedArray | readonly Plain[] | { readonly [key: string]: Plain }

type Leaf = null | boolean | number | string | TypedArray
type NotData = ((...a: never[]) => unknown) | ReadonlyMap<never, unknown> | ReadonlySet<never> | Date | Promise<unknown> | NotDataByTag
type NotDataByTag = WeakKey & { readonly [Symbol.toStringTag]: 'WeakMap' | 'Map' | 'Set' | 'WeakSet' }
/** Whether a type is plain data, at any depth. */
export type IsPlain<S> = S extends Leaf
  ? true
  : S extends readonly (infer E)[]
    ? IsPlain<E>
    : S extends NotData
      ? false
      : S extends object
        ? false extends { [K in keyof S]: IsPlain<S[K]> }[keyof S]
          ? false
          : true
        : false
export interface NotPlain {
  readonly 'state must be plain data: no Map, Set, Date, function, class instance, undefined': never
}
