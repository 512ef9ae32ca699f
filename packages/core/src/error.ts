/**
 * The one error class of Tapeloom. `code` is stable (`area.reason`); the message reads `[where] what is wrong. What to do.`
 * and quotes the offending values.
 */
export class TapeloomError extends Error {
  override readonly name = 'TapeloomError'
  declare readonly code: string
  /** Where it went wrong in a text the user wrote, 1-based; absent where there is no text. */
  declare readonly position: { readonly line: number; readonly column: number } | undefined
  constructor(code: string, message: string, options?: ErrorOptions & Partial<Pick<TapeloomError, 'position'>>) {
    super(message, options)
    Object.assign(this, { code, position: options?.position })
  }
}

/** Joins several errors into one, so that a user sees all of them at once; a single one is returned as it is. */
export function joinErrors(code: string, errors: readonly TapeloomError[]): TapeloomError {
  if (errors[0] && errors.length === 1) return errors[0]
  return new TapeloomError(code, errors.map((error) => error.message).join('\n'), { cause: errors })
}

/** The member of `names` nearest to `name` by edit distance, or undefined when none is near (> 40 % of its length). */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(0.4 * name.length)) + 1
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** `. Did you mean 'x'?`, or an empty string when nothing is near. */
export const suggestion = (name: string, names: Iterable<string>): string => {
  const near = nearest(name, names)
  return near === undefined ? '' : ` Did you mean '${near}'?`
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
