/**
 * MT19937 seeded with [seed] as Python's `random.Random(seed)` is, giving its `random()`: 53 bits in [0, 1).
 * @source Matsumoto, Nishimura (1998), Mersenne twister; init_by_array and genrand_res53 of the 2002 version
 */
export function mersenneTwister(seed: number): () => number {
  const words = new Uint32Array(624)
  words[0] = 19650218
  for (let i = 1; i < 624; i++) words[i] = Math.imul(1812433253, words[i - 1]! ^ (words[i - 1]! >>> 30)) + i
  let at = 1
  const step = (factor: number, add: number) => {
    const before = words[at - 1]!
    words[at] = (words[at]! ^ Math.imul(before ^ (before >>> 30), factor)) + add
    if (++at === 624) {
      words[0] = words[623]!
      at = 1
    }
  }
  for (let i = 0; i < 624; i++) step(1664525, seed)
  for (let i = 0; i < 623; i++) step(1566083941, -at)
  words[0] = 0x80000000
  let next = 624
  const word = (): number => {
    if (next === 624) next = twist(words)
    let y = words[next++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }
  return () => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992
}

function twist(words: Uint32Array): 0 {
  for (let i = 0; i < 624; i++) {
    const y = (words[i]! & 0x80000000) | (words[(i + 1) % 624]! & 0x7fffffff)
    words[i] = words[(i + 397) % 624]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
  }
  return 0
}
