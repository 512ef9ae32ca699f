import { definitionOf, type Module } from '../module/define.ts'
import { columnsOf } from '../module/feature.ts'

/** What a watcher may look at after each call of a handler. */
export interface WatchedContext {
  readonly symbol: string
  readonly state: object
  readonly features?: Readonly<Record<string, number | Float64Array>>
  of?(symbol: string): { readonly features: Readonly<Record<string, number | Float64Array>> }
}
/** Told what a module does. */
export interface Watcher {
  /** Before the first event of a topic is queued. */
  emitting(topic: string): void
  /** After a handler has returned. */
  handled(context: WatchedContext): void
  /** Before a handler is called; a throw here is the handler's. */
  calling?(): void
}

type Emit = (topic: string, payload: object) => void
type Call = (event: never, ctx: object) => void

/** The same module with each handler followed by a look at what it did. */
export function watchedModule(module: Module, watcher: Watcher): Module {
  const definition = definitionOf(module)
  const own = new WeakMap<object, object>()
  const watched = (ctx: object & { emit: Emit }): object => {
    const known = own.get(ctx)
    if (known) return known
    const emit: Emit = (topic, payload) => {
      watcher.emitting(topic)
      ctx.emit(topic, payload)
    }
    const wrapped = Object.create(ctx, { emit: { value: emit, enumerable: true } }) as object
    own.set(ctx, wrapped)
    return wrapped
  }
  const on = Object.entries((definition.on ?? {}) as Record<string, Call>).map(([topic, call]) => {
    const handler = (event: never, ctx: WatchedContext & { emit: Emit }) => {
      watcher.calling?.()
      call(event, watched(ctx))
      watcher.handled(ctx)
    }
    return [topic, handler] as const
  })
  return Object.freeze({ ...definition, on: Object.fromEntries(on) }) as unknown as Module
}

type Slice = Readonly<Record<string, number | Float64Array>>

/** Reads the columns of a module from its slice, in declared order. */
export function columnReader(module: Module): (features: Slice) => readonly number[] {
  const columns = columnsOf(module.features).map(({ name, feature }) => ({
    feature,
    element: Number(name.slice(feature.length)),
  }))
  return (features) =>
    columns.map(({ feature, element }) => {
      const slot = features[feature]
      return typeof slot === 'object' ? (slot[element] ?? NaN) : (slot ?? NaN)
    })
}

/** Finds the first feature of a slice that is infinite or out of its range, in words; undefined: all are well. */
export function unfitFinder(module: Module): (features: Slice) => string | undefined {
  const columns = columnsOf(module.features)
  const valuesOf = columnReader(module)
  return (features) => {
    const values = valuesOf(features)
    const at = values.findIndex((value, i) => {
      const [min, max] = columns[i]?.spec.range ?? [NaN, NaN]
      return value < min || value > max || Math.abs(value) === Infinity
    })
    return at < 0 ? undefined : `${columns[at]?.name} = ${values[at]}, range [${columns[at]?.spec.range.join(', ')}]`
  }
}

/** Bytes of plain data: 8 a number, 2 a character, the buffers of typed arrays, 16 an object and 16 a key. */
export function bytesOf(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (typeof value !== 'object' || value === null) return 8
  return Object.values(value).reduce<number>((sum, one) => sum + 16 + bytesOf(one), 16)
}
