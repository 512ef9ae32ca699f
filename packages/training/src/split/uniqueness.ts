import type { LabelInterval } from './label-interval.ts'

/**
 * Mean of 1/concurrency over each label's time, in (0, 1]: labels that share their time with others teach less each.
 * NaN where a label has no length. O(n log n).
 * @source López de Prado (2018), 4.4
 * @example uniqueness([{ asOf: 0, knownAt: 3 }, { asOf: 2, knownAt: 4 }, { asOf: 4, knownAt: 6 }]) // => [5 / 6, 3 / 4, 1]
 */
export function uniqueness(labels: readonly LabelInterval[]): Float64Array {
  const { edges, integral } = sharedTime(labels)
  return Float64Array.from(labels, ({ asOf, knownAt }) =>
    (integral[place(edges, knownAt)]! - integral[place(edges, asOf)]!) / (knownAt - asOf)) // both are edges
}

/**
 * Draws `count` labels with replacement, each with a probability in proportion to what it would add in uniqueness to
 * those drawn before; returns their positions. O(count · n · edges).
 * @param uniform the next number in [0, 1) of a seeded generator
 * @source López de Prado (2018), 4.5.2
 */
export function sequentialBootstrap(labels: readonly LabelInterval[], count: number, uniform: () => number): readonly number[] {
  const drawn: number[] = []
  for (let i = 0; i < count; i++) {
    const chances = drawChances(labels, drawn)
    let rest = uniform()
    const next = chances.findIndex((chance) => (rest -= chance) < 0)
    drawn.push(next < 0 ? chances.length - 1 : next)
  }
  return drawn
}

/** Probability of each label to be drawn next. @example drawChances([[0, 3), [2, 4), [4, 6)], [1]) // => [5/14, 3/14, 6/14] */
export function drawChances(labels: readonly LabelInterval[], drawn: readonly number[]): Float64Array {
  const edges = edgesOf(labels)
  const counts = new Int32Array(edges.length)
  for (const i of drawn) cover(edges, labels[i]!, (at) => counts[at]!++) // places of edges are below their number
  const gains = Float64Array.from(labels, (label) => {
    let sum = 0
    cover(edges, label, (at) => (sum += (edges[at + 1]! - edges[at]!) / (counts[at]! + 1)))
    return sum / (label.knownAt - label.asOf)
  })
  const all = gains.reduce((sum, gain) => sum + gain, 0)
  return gains.map((gain) => gain / all)
}

/** For each edge, the integral of 1/concurrency up to it. */
function sharedTime(labels: readonly LabelInterval[]): { readonly edges: Float64Array; readonly integral: Float64Array } {
  const edges = edgesOf(labels)
  const change = new Int32Array(edges.length)
  for (const { asOf, knownAt } of labels) {
    change[place(edges, asOf)]!++
    change[place(edges, knownAt)]!--
  }
  const integral = new Float64Array(edges.length)
  let concurrent = 0
  for (let at = 0; at + 1 < edges.length; at++) {
    concurrent += change[at]!
    integral[at + 1] = integral[at]! + (concurrent > 0 ? (edges[at + 1]! - edges[at]!) / concurrent : 0)
  }
  return { edges, integral }
}

const edgesOf = (labels: readonly LabelInterval[]): Float64Array => {
  const sorted = Float64Array.from(labels.flatMap(({ asOf, knownAt }) => [asOf, knownAt])).sort()
  return sorted.filter((edge, i) => i === 0 || edge !== sorted[i - 1])
}

function cover(edges: Float64Array, { asOf, knownAt }: LabelInterval, visit: (at: number) => unknown): void {
  const end = place(edges, knownAt)
  for (let at = place(edges, asOf); at < end; at++) visit(at)
}

/** Where an edge stands. */
function place(edges: Float64Array, edge: number): number {
  let [low, high] = [0, edges.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle]! < edge) low = middle + 1
    else high = middle
  }
  return low
}
