/** Elements of state that `addToSum` works in: `[count in block, sum of block, filled, rows × length]`. */
export const movingSumSize = (length: number): number => 3 + length

/**
 * Sum of the last `length` values by two stacks: NaN until they are in. Nothing is ever subtracted, so it does not
 * drift, and a bad or missing value is gone when it leaves. Rows hold the suffix sums of the last block, overwritten
 * from the front by the values of this one. O(1) amortised.
 */
// `!`: count < length, so every index is within the movingSumSize elements from `at` on.
export function addToSum(state: Float64Array, at: number, length: number, value: number): number {
  const rows = at + 3
  const count = state[at]! + 1
  const sum = state[at + 1]! + value
  state[rows + count - 1] = value
  if (count < length) {
    state[at] = count
    state[at + 1] = sum
    return state[at + 2] === 0 ? NaN : sum + state[rows + count]!
  }
  for (let i = length - 2; i >= 0; i--) state[rows + i] = state[rows + i + 1]! + state[rows + i]!
  state[at] = 0
  state[at + 1] = 0
  state[at + 2] = 1
  return sum
}
