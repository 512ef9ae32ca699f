/** The lower median of `sample`, which is reordered; NaN when it is empty. Quickselect, median of three: O(n). */
export function median(sample: Float64Array): number {
  const wanted = (sample.length - 1) >> 1
  let [from, to] = [0, sample.length - 1]
  while (from < to) {
    const pivot = middleOf(sample[from]!, sample[(from + to) >> 1]!, sample[to]!)
    let [low, high] = [from, to]
    while (low <= high) {
      while (sample[low]! < pivot) low++
      while (sample[high]! > pivot) high--
      if (low > high) break
      const held = sample[low]!
      sample[low++] = sample[high]!
      sample[high--] = held
    }
    if (wanted <= high) to = high
    else if (wanted >= low) from = low
    else break
  }
  return sample[wanted] ?? NaN
}

const middleOf = (a: number, b: number, c: number) => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
