/** Elements of state that `addToMean` works in: `[values since the seed began, their sum or the mean]`. */
export const MEAN_SIZE = 2

/**
 * mean += alpha · (value − mean), seeded with the mean of its first `length` values; returns NaN before.
 * A NaN value makes it NaN and starts the seed anew.
 */
// `!`: the caller's state has MEAN_SIZE elements from `at` on.
export function addToMean(state: Float64Array, at: number, alpha: number, length: number, value: number): number {
  if (value !== value) {
    state[at] = state[at + 1] = 0
    return NaN
  }
  const count = state[at]!
  if (count >= length) return (state[at + 1] = state[at + 1]! + alpha * (value - state[at + 1]!))
  state[at] = count + 1
  state[at + 1] = state[at + 1]! + value
  if (count + 1 < length) return NaN
  return (state[at + 1] = state[at + 1]! / length)
}

/** The same written as the weighted sums that they are, O(n²): the oracle of `addToMean`. */
export function recursiveMeanOf(values: ArrayLike<number>, alpha: number, length: number): Float64Array {
  let start = 0
  return Float64Array.from(values, (value, i) => {
    if (Number.isNaN(value)) start = i + 1
    if (i + 1 - start < length) return NaN
    let [sum, weight] = [0, 1]
    for (let j = i; j >= start + length; j--, weight *= 1 - alpha) sum += alpha * weight * values[j]!
    for (let j = start; j < start + length; j++) sum += (weight * values[j]!) / length
    return sum
  })
}
