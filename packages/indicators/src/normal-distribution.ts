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

/**
 * The number that a standard normal one is below with probability `p`: Newton's method on `normalCdf`, kept within a
 * bracket. ∓Infinity at 0 and 1, NaN outside [0, 1].
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity
  let [low, high, z] = [-40, 40, 0]
  for (let i = 0; i < 200; i++) {
    const excess = normalCdf(z) - p
    if (excess > 0) high = z
    else low = z
    const step = (excess * Math.sqrt(2 * Math.PI)) / Math.exp((-z * z) / 2)
    const next = z - step >= low && z - step <= high ? z - step : (low + high) / 2
    if (Math.abs(next - z) <= 1e-15 * Math.max(1, Math.abs(z))) return next
    z = next
  }
  return z
}
