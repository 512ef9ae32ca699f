/** Seeded standard normal numbers, for tests. */
export function normals(seed: number): () => number {
  const next = uniforms(seed)
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
}

/** Seeded numbers between 0 and 1, neither of them, for tests. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return (((word ^ (word >>> 14)) >>> 0) + 0.5) / 4294967296
  }
}
