const [ZERO, SPACE] = [48, 32]

/**
 * The time of receipt that a line begins with (nanoseconds, then a space), in µs; NaN when it is none.
 * @param end where the line ends
 */
export function receiveTimeUs(line: Uint8Array, start: number, end: number): number {
  // Nanoseconds do not fit into a double: the last three digits are read but not kept. 9 digits at a time stay whole
  // numbers of 32 bits.
  let high = 0
  let low = 0
  let digit = 0
  let at = start
  while (at < end && (digit = line[at]! - ZERO) >= 0 && digit <= 9) at++
  const kept = at - start - 3
  if (kept < 1 || kept > 16 || at >= end || line[at] !== SPACE) return NaN
  const cut = start + Math.max(0, kept - 9)
  for (let i = start; i < cut; i++) high = (high * 10 + line[i]! - ZERO) | 0
  for (let i = cut; i < start + kept; i++) low = (low * 10 + line[i]! - ZERO) | 0
  const value = high * 1e9 + low
  return Number.isSafeInteger(value) ? value : NaN
}
