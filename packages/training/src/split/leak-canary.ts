import { createRandom } from '@tapeloom/core'
import type { LabelInterval } from './label-interval.ts'

/** Walks that a canary sees: its score has a standard deviation of about 1 / (2 √(walks · independent tests)). */
const WALKS = 64

/** How often a canary was right, and how sure that is. */
export interface CanaryScore {
  readonly hitRate: number
  /** Standard error of the hit rate over walks. */
  readonly error: number
}

/**
 * Scores a memory without understanding: on random walks over the times of the samples it answers each test with the
 * label of the training sample nearest in time. It can be right more often than a coin in one way only: labels of
 * training and test share a part of the future.
 * @param splits positions in `samples` that train and test
 */
export function leakCanary(
  samples: readonly LabelInterval[], splits: readonly { readonly train: readonly number[]; readonly test: readonly number[] }[], seed: number,
): CanaryScore {
  const times = Float64Array.from(samples.flatMap(({ asOf, knownAt }) => [asOf, knownAt])).sort()
  const random = createRandom(seed, 'leak-canary')
  const neighbours = splits.map(({ train, test }) => nearestOf(samples, train, test))
  const scores = Array.from({ length: WALKS }, () => {
    const walk = walkOver(times, () => random.normal())
    const rises = samples.map(({ asOf, knownAt }) => walk(knownAt) > walk(asOf))
    let [hits, asked] = [0, 0]
    splits.forEach(({ test }, k) => test.forEach((i, at) => {
      asked++
      if (rises[i] === rises[neighbours[k]![at]!]) hits++
    }))
    return hits / asked
  })
  const mean = scores.reduce((sum, score) => sum + score, 0) / WALKS
  const variance = scores.reduce((sum, score) => sum + (score - mean) * (score - mean), 0) / (WALKS - 1)
  return { hitRate: mean, error: Math.sqrt(variance / WALKS) }
}

/** For each test the training sample whose inference is nearest. */
function nearestOf(samples: readonly LabelInterval[], train: readonly number[], test: readonly number[]): readonly number[] {
  const sorted = train.toSorted((a, b) => samples[a]!.asOf - samples[b]!.asOf)
  return test.map((i) => {
    const { asOf } = samples[i]!
    let [low, high] = [0, sorted.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (samples[sorted[middle]!]!.asOf < asOf) low = middle + 1
      else high = middle
    }
    const before = sorted[low - 1]
    const after = sorted[low]!
    return before !== undefined && asOf - samples[before]!.asOf <= samples[after]!.asOf - asOf ? before : after
  })
}

function walkOver(times: Float64Array, normal: () => number): (time: number) => number {
  const level = new Map<number, number>()
  let [value, last] = [0, times[0] ?? 0]
  for (const time of times) {
    if (time > last) value += Math.sqrt(time - last) * normal()
    last = time
    level.set(time, value)
  }
  return (time) => level.get(time)!
}
