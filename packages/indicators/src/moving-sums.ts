/**
 * Elements of state that `addToSums` works in:
 * `[row or results × width, block × width, count in block, filled, rows]`.
 */
export const movingSumsSize = (length: number, width: number): number => 2 * width + 2 + length * width

/**
 * `addToSum` for rows of `width` numbers: takes the row in the `width` elements from `at` on and leaves there the sums
 * of the last `length` rows; NaN until they are in. O(width) amortised.
 */
// `!`: count < length, so every index is within the movingSumsSize elements from `at` on.
export function addToSums(state: Float64Array, at: number, length: number, width: number): void {
  const block = at + width
  const head = block + width
  const rows = head + 2
  const count = state[head]! + 1
  for (let f = 0; f < width; f++) {
    state[rows + (count - 1) * width + f] = state[at + f]!
    state[block + f] = state[block + f]! + state[at + f]!
  }
  state[head] = count
  if (count < length) {
    if (state[head + 1] === 0) state.fill(NaN, at, block) // in the first window only
    else for (let f = 0; f < width; f++) state[at + f] = state[block + f]! + state[rows + count * width + f]!
    return
  }
  for (let f = 0; f < width; f++) {
    state[at + f] = state[block + f]!
    state[block + f] = 0
  }
  for (let i = rows + (length - 1) * width - 1; i >= rows; i--) state[i] = state[i]! + state[i + width]!
  state[head] = 0
  state[head + 1] = 1
}
