/** Elements of state that `delayBy` works in: `[values taken, ring × bars]`. */
export const delaySize = (bars: number): number => 1 + bars

/** The value of `bars` calls ago; NaN while there is none. */
// `!`: the remainder is below `bars`, within the delaySize elements from `at` on.
export function delayBy(state: Float64Array, at: number, bars: number, value: number): number {
  if (bars === 0) return value
  const count = state[at]!
  const slot = at + 1 + (count % bars)
  const old = count < bars ? NaN : state[slot]!
  state[slot] = value
  state[at] = count + 1
  return old
}
