import { TapeloomError } from '@tapeloom/core'
import { choices } from '../split/folds.ts'

/**
 * Probability of backtest overfitting: over all ways to halve the time into training and test, how often the strategy
 * that was best in training is below the median in the test, in [0, 1]. Noise gives about one half, with a standard
 * deviation of .17 at 40 runs of 1000 × 50; a strategy that really is the best gives 0.
 * @param returns per strategy, equally long
 * @param blocks even number of stretches that time is cut into; C(blocks, blocks / 2) halvings are looked at
 * @source Bailey, Borwein, López de Prado, Zhu (2017), The probability of backtest overfitting
 * @throws TapeloomError `training.overfitting` with fewer than two strategies, or fewer returns than blocks
 */
export function backtestOverfitting(returns: readonly (ArrayLike<number>)[], blocks = 10): number {
  const length = returns[0]?.length ?? 0
  if (returns.length < 2 || blocks % 2 !== 0 || length < blocks || returns.some((one) => one.length !== length)) {
    throw new TapeloomError('training.overfitting', `[overfitting] ${returns.length} strategies of ${length} returns cannot be cut into ${blocks} blocks. Give two or more of equal length, and an even number of blocks.`)
  }
  const moments = returns.map((one) => blockMoments(one, blocks))
  const halves = choices(blocks, blocks / 2)
  const all = Array.from({ length: blocks }, (_, block) => block)
  const below = halves.filter((chosen) => {
    const rest = all.filter((block) => !chosen.includes(block))
    const trained = moments.map((each) => sharpeOf(each, chosen))
    const tested = moments.map((each) => sharpeOf(each, rest))
    const best = trained.indexOf(Math.max(...trained))
    const rank = tested.filter((sharpe) => sharpe < tested[best]!).length + 1 // best is one of them
    return rank / (returns.length + 1) <= 0.5
  })
  return below.length / halves.length
}

/** Count, sum and sum of squares of each block. */
function blockMoments(values: ArrayLike<number>, blocks: number): readonly Float64Array[] {
  return Array.from({ length: blocks }, (_, block) => {
    const [from, to] = [block, block + 1].map((edge) => Math.floor((edge * values.length) / blocks)) as [number, number]
    const sums = Float64Array.of(to - from, 0, 0)
    for (let i = from; i < to; i++) {
      const value = values[i]! // i < values.length
      sums[1]! += value
      sums[2]! += value * value
    }
    return sums
  })
}

function sharpeOf(moments: readonly Float64Array[], blocks: readonly number[]): number {
  let [n, sum, squares] = [0, 0, 0]
  for (const block of blocks) {
    const [count = 0, total = 0, square = 0] = moments[block] ?? []
    n += count
    sum += total
    squares += square
  }
  const mean = sum / n
  const variance = squares / n - mean * mean
  return variance > 0 ? mean / Math.sqrt(variance) : 0
}
