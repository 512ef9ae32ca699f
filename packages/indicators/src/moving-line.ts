const FIELDS = 3 // mean, Σdy², Σdx·dy with x the place in the window
/**
 * Elements of state that `addToLine` works in:
 * `[results × 3, block × 3, count in block, filled, rows × 3 · length]`.
 */
export const lineSize = (length: number): number => 2 * FIELDS + 2 + FIELDS * length

/**
 * Leaves mean, Σ(y − mean)² and Σ(x − mean x)(y − mean) of the last `length` values, x = their place, in the three
 * elements from `at` on; NaN until they are in. Two stacks: places within blocks are exact however long it runs.
 * O(1) amortised.
 */
// `!`: count < length, so every index is within the lineSize elements from `at` on.
export function addToLine(state: Float64Array, at: number, length: number, value: number): void {
  const block = at + FIELDS
  const head = block + FIELDS
  const rows = head + 2
  const count = state[head]! + 1
  const delta = value - state[block]!
  const mean = state[block]! + delta / count
  state[rows + FIELDS * (count - 1)] = value
  state[block] = mean
  state[block + 1] = state[block + 1]! + delta * (value - mean)
  state[block + 2] = state[block + 2]! + (count / 2) * (value - mean) // count / 2 = its place − mean place before it
  state[head] = count
  if (count < length) {
    if (state[head + 1] === 0) {
      state.fill(NaN, at, block)
      return
    }
    const front = rows + FIELDS * count
    const between = mean - state[front]!
    const share = (length - count) / length
    state[at] = mean - between * share
    state[at + 1] = state[block + 1]! + state[front + 1]! + between * between * count * share
    state[at + 2] = state[block + 2]! + state[front + 2]! + (length / 2) * between * count * share
    return
  }
  for (let field = 0; field < FIELDS; field++) {
    state[at + field] = state[block + field]!
    state[block + field] = 0
  }
  buildSuffixes(state, rows, length)
  state[head] = 0
  state[head + 1] = 1
}

function buildSuffixes(state: Float64Array, rows: number, length: number): void {
  let mean = 0
  let squares = 0
  let products = 0
  for (let i = length - 1; i >= 0; i--) {
    const row = rows + FIELDS * i
    const after = length - 1 - i
    const delta = mean - state[row]!
    squares += (delta * delta * after) / (after + 1)
    products += (delta * after) / 2 // (mean place after it − its place) · after / (after + 1)
    mean = after === 0 ? state[row]! : mean - delta / (after + 1)
    state[row] = mean
    state[row + 1] = squares
    state[row + 2] = products
  }
}
