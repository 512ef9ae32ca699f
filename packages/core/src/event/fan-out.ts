/** One module's handler of one topic for one symbol. */
export interface Handler<E> {
  readonly call: (event: E, ctx: never) => void
  readonly ctx: object
}
/** Told when handler `index` threw; the others are called all the same. */
export type OnThrow = (index: number, error: unknown) => void

/**
 * Compiles handlers into one function that calls them in order, unrolled, each isolated from the others' throws.
 * The success path costs nothing for the isolation: one try around the row, a local cursor, and a slow loop that
 * resumes after the thrower. Where code generation is forbidden, a loop does the same.
 */
export function compileFanOut<E>(handlers: readonly Handler<E>[], onThrow: OnThrow): (event: E) => void {
  if (handlers.length === 0) return () => {}
  const resume = (event: E, thrower: number, error: unknown) => {
    onThrow(thrower, error)
    callAll(handlers, onThrow, event, thrower + 1)
  }
  const factory = handlers.length <= 64 ? unrolled(handlers.length) : undefined
  if (!factory) return (event) => callAll(handlers, onThrow, event, 0)
  return factory(handlers.map(({ call }) => call), handlers.map(({ ctx }) => ctx), resume as never) as (event: E) => void
}

function callAll<E>(handlers: readonly Handler<E>[], onThrow: OnThrow, event: E, from: number): void {
  for (let i = from; i < handlers.length; i++) {
    const { call, ctx } = handlers[i] as Handler<E>
    try {
      call(event, ctx as never)
    } catch (error) {
      onThrow(i, error)
    }
  }
}

type Factory = (calls: readonly unknown[], contexts: readonly object[], resume: never) => unknown

/** A fresh function each time, so that each topic and symbol has call sites, and inlining, of its own. */
function unrolled(arity: number): Factory | undefined {
  const all = Array.from({ length: arity }, (_, i) => i)
  const body = `
    const [${all.map((i) => `f${i}`)}] = calls, [${all.map((i) => `c${i}`)}] = contexts
    return function dispatch(event) {
      let at = 0
      try { ${all.map((i) => `f${i}(event, c${i}); at = ${i + 1}`).join('; ')} }
      catch (error) { resume(event, at, error) }
    }`
  try {
    return new Function('calls', 'contexts', 'resume', body) as Factory
  } catch {
    return undefined
  }
}
