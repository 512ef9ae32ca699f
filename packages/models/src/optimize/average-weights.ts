/**
 * Moves an average towards the newest weights, in place: average ← decay · average + (1 − decay) · weights.
 * @source Polyak, Juditsky (1992); as a target network with decay 1 − tau: Lillicrap et al. (2016), algorithm 1
 */
export function averageInto(average: Float32Array, weights: Float32Array, decay: number): void {
  for (let i = 0; i < average.length; i++) average[i]! += (1 - decay) * (weights[i]! - average[i]!)
}
