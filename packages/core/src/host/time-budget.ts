/** An answer of a network may take so long in a live run. */
export const RESULT_MS = 2000

/** A fault by elapsed time: it takes its place in the order by a record of its own. `off`: no restart, until it is enabled. */
export interface Overrun {
  readonly module: string
  readonly code: string
  readonly message: string
  readonly off: boolean
}

/** An error by elapsed time. */
export class TookTooLong extends Error {}

/** @throws TookTooLong when the work is not done after so many ms */
export async function withinBudget<T>(work: T | Promise<T>, ms: number, what: string): Promise<T> {
  if (!(work instanceof Promise)) return work
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TookTooLong(`${what} took more than ${ms / 1000} s`)), ms).unref()
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
