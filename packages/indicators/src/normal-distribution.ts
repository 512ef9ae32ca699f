/**
 * Probability that a standard normal number is below `z`, to about 1e-15: series of the error function up to |z| = 3,
 * Laplace's continued fraction beyond.
 * @source Abramowitz, Stegun (1964), 26.2.10 and 26.2.14
 */
export function normalCdf(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  const distance = Math.abs(z)
  if (Number.isNaN(z)) return NaN
  if (distance <= 3) {
    let [term, sum] = [z, z]
    for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) sum += term *= (z * z) / k
    return 0.5 + density * sum
  }
  let fraction = distance
  for (let k = 40; k >= 1; k--) fraction = distance + k / fraction
  const tail = distance > 40 ? 0 : density / fraction
  return z < 0 ? tail : 1 - tail
}
