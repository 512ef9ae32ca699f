/** Returns `length`. @throws RangeError when it is not a whole number from 1 on */
export function checkLength(where: string, length: number): number {
  if (Number.isInteger(length) && length >= 1) return length
  throw new RangeError(
    `[indicators ${where}] length ${length} is not a whole number from 1 on. Give the window's length.`,
  )
}
