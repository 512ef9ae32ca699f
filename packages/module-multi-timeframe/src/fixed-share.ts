/**
 * One round of fixed-share: each expert's weight shrinks by exp(−rate · loss), then all give `share` of theirs away to
 * all alike. `losses` in [0, 1]; an expert whose loss is NaN sleeps: it keeps its part of the whole. Changes the `size`
 * weights from `at` on, whose sum stays. O(size).
 * @source Herbster & Warmuth (1998), Tracking the Best Expert; sleeping: Freund, Schapire, Singer & Warmuth (1997)
 */
// `!`: i < losses.length, and the caller's weights reach that far from `at` on.
export function fixedShare(weights: Float64Array, at: number, losses: ArrayLike<number>, rate: number, share: number): void {
  const size = losses.length
  let least = 1
  for (let i = 0; i < size; i++) if (losses[i]! < least) least = losses[i]!
  let awake = 0
  let [before, after] = [0, 0]
  for (let i = 0; i < size; i++) {
    const loss = losses[i]!
    if (loss !== loss) continue
    awake++
    before += weights[at + i]!
    after += weights[at + i] = weights[at + i]! * Math.exp(-rate * (loss - least)) // of the best, so that one is left
  }
  if (!(after > 0)) return // nobody awake has any weight
  for (let i = 0; i < size; i++) {
    if (losses[i] !== losses[i]) continue
    weights[at + i] = (1 - share) * weights[at + i]! * (before / after) + (share * before) / awake
  }
}
