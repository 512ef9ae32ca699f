/** Elements of state that `delayBy` works in: `[place of the next value, bars further once the ring is full, ring × bars]`. */
export const delaySize = (bars: number): number => 1 + bars

/** The value of `bars` calls ago; NaN while there is none. */
// `!`: the slot is below `bars`, within the delaySize elements from `at` on.
export function delayBy(state: Float64Array, at: number, bars: number, value: number): number {
  if (bars === 0) return value
  const place = state[at]!
  const isFull = place >= bars
  const slot = at + 1 + (isFull ? place - bars : place)
  const old = isFull ? state[slot]! : NaN
  state[slot] = value
  state[at] = place + 1 === 2 * bars ? bars : place + 1 // a remainder costs more than all the rest
  return old
}

/** The value that `delayBy` took `lag` calls ago, 1 … `bars`; NaN while there is none. */
// `!`: the slot is below `bars`.
export function delayed(state: Float64Array, at: number, bars: number, lag: number): number {
  const place = state[at]!
  if (place < bars) return place < lag ? NaN : state[at + 1 + place - lag]!
  const slot = place - bars - lag
  return state[at + 1 + (slot < 0 ? slot + bars : slot)]!
}
