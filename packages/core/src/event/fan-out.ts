/** One module's handler of one topic for one symbol. */
export interface Handler<E> {
  readonly call: (event: E, ctx: never) => void
  readonly ctx: object
}
/** Told when handler `index` threw; the others are called all the same. */
export type OnThrow = (index: number, error: unknown) => void

/** What stands in `stamp[3]` while a handler runs, for who watches from another thread; 0: none does. */
export interface Marks {
  readonly stamp: Float64Array
  readonly of: readonly number[]
}

/** Calls all handlers with an event. */
export type Dispatch<E> = (event: E) => void

/**
 * Compiles handlers into one function that calls them in order, unrolled, each isolated from the others' throws.
 * The success path costs nothing for the isolation: one try around the row, a local cursor, and a slow loop that
 * resumes after the thrower. Where code generation is forbidden, a loop does the same.
 */
export function compileFanOut<E>(handlers: readonly Handler<E>[], onThrow: OnThrow, marks?: Marks): Dispatch<E> {
  if (handlers.length === 0) return () => {}
  const rows = unrolledFor(handlers.map(({ call }) => call), marks?.of ?? [])
  if (!rows) return (event) => callAll(handlers, onThrow, event, 0, marks)
  const contexts = handlers.map(({ ctx }) => ctx)
  const resume = (event: E, thrower: number, error: unknown) => {
    onThrow(thrower, error)
    callAll(handlers, onThrow, event, thrower + 1, marks)
  }
  return (event) => rows(event, contexts, resume as never, marks?.stamp)
}

function callAll<E>(handlers: readonly Handler<E>[], onThrow: OnThrow, event: E, from: number, marks: Marks | undefined): void {
  for (let i = from; i < handlers.length; i++) {
    const { call, ctx } = handlers[i] as Handler<E>
    if (marks) marks.stamp[3] = marks.of[i] as number
    try {
      call(event, ctx as never)
    } catch (error) {
      onThrow(i, error)
    }
  }
}

type Unrolled = (event: unknown, contexts: readonly object[], resume: never, stamp: Float64Array | undefined) => void
type Call = Handler<never>['call']
const known = new WeakMap<Call, { readonly calls: readonly Call[]; readonly marks: string; readonly rows: Unrolled }[]>()

/** The unrolled function of a list of handlers: one for all symbols that call the same, so that they share its code. */
function unrolledFor(calls: readonly Call[], of: readonly number[]): Unrolled | undefined {
  const [first, marks] = [calls[0], of.join()]
  if (!first || calls.length > 64) return undefined
  const list = known.get(first) ?? []
  const same = list.find((entry) => entry.marks === marks && entry.calls.length === calls.length && entry.calls.every((call, i) => call === calls[i]))
  if (same) return same.rows
  const rows = unrolled(calls, of)
  if (rows) known.set(first, [...list, { calls, marks, rows }])
  return rows
}

/** A function of its own for each list, so that it has call sites, and inlining, of its own. */
function unrolled(calls: readonly Call[], of: readonly number[]): Unrolled | undefined {
  const all = calls.map((_, i) => i)
  const mark = (i: number) => (of.length > 0 ? `s[3] = ${of[i] ?? 0}; ` : '')
  const body = `
    const [${all.map((i) => `f${i}`)}] = calls
    return function dispatch(event, c, resume, s) {
      const ${all.map((i) => `c${i} = c[${i}]`)}
      let at = 0
      try { ${all.map((i) => `${mark(i)}f${i}(event, c${i}); at = ${i + 1}`).join('; ')} }
      catch (error) { resume(event, at, error) }
      ${mark(-1)}
    }`
  try {
    return (new Function('calls', body) as (calls: readonly Call[]) => Unrolled)(calls)
  } catch {
    return undefined
  }
}
