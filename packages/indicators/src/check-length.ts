/** Returns `length`. @throws RangeError when it is not a whole number from 1 on */
export function checkLength(where: string, length: number): number {
  if (Number.isInteger(length) && length >= 1) return length
  throw new RangeError(
    `[indicators ${where}] length ${length} is not a whole number from 1 on. Give the window's length.`,
  )
}

/** Returns `value`. @throws RangeError when it is not between `min` and `max`, both allowed */
export function checkRange(where: string, name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value
  throw new RangeError(`[indicators ${where}] ${name} ${value} is not in ${min} … ${max}. Give a number within.`)
}
