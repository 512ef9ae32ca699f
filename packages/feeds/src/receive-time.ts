const [ZERO, NINE, SPACE] = [48, 57, 32]

/**
 * The time of receipt that a line begins with (nanoseconds, then a space), in µs; NaN when it is none.
 * @param end where the line ends
 */
export function receiveTimeUs(line: Uint8Array, start: number, end: number): number {
  let value = 0
  // What is below a microsecond, three digits, is cut off: nanoseconds do not fit into a double.
  let last = NaN
  let at = start
  for (let back = 0; at < end && line[at] !== SPACE; at++, back++) {
    const byte = line[at]!
    if (byte < ZERO || byte > NINE || back === 19) return NaN
    if (back >= 3) value = value * 10 + (line[at - 3]! - ZERO)
    last = back
  }
  return at < end && last >= 3 && Number.isSafeInteger(value) ? value : NaN
}
