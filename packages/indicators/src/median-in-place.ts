/**
 * Median of an even number of values, none missing; reorders them: the middle is found by selection, not by sorting. O(n)
 * @source Hoare (1961), Algorithm 65: find
 */
// `!`: places are within the values.
export function medianInPlace(values: Float64Array): number {
  const middle = values.length / 2
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const pivot = values[(low + high) >> 1]!
    let [left, right] = [low, high]
    while (left <= right) {
      while (values[left]! < pivot) left++
      while (values[right]! > pivot) right--
      if (left > right) break
      const kept = values[left]!
      values[left++] = values[right]!
      values[right--] = kept
    }
    if (middle <= right) high = right
    else if (middle >= left) low = left
    else break
  }
  let below = -Infinity
  for (let i = 0; i < middle; i++) below = Math.max(below, values[i]!)
  return (below + values[middle]!) / 2
}
