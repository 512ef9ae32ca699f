import type { Random } from '../module/context.ts'

/** A seeded generator with its state in the open, so that snapshots carry it. */
export interface SeededRandom extends Random {
  /** Four words of state and the spare normal: written in place. */
  readonly state: Float64Array
}

/**
 * sfc32, seeded from a number and names: equal seeds and names give equal streams, others independent ones.
 * @source Chris Doty-Humphrey, PractRand (sfc32); seeding by FNV-1a of the names
 */
export function createRandom(seed: number, ...names: readonly string[]): SeededRandom {
  const state = new Float64Array(5).fill(NaN)
  let hash = 0x811c9dc5
  for (const char of `${seed}|${names.join('|')}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0
  state.set([seed >>> 0, Math.floor(seed / 4294967296) >>> 0, hash, 1])
  const random = new Sfc32(state)
  for (let i = 0; i < 16; i++) random.next()
  return random
}

class Sfc32 implements SeededRandom {
  declare readonly state: Float64Array
  constructor(state: Float64Array) { this.state = state }
  // `!` below: state has five elements.
  #word(): number {
    const s = this.state
    const [a, b, c, d] = [s[0]! | 0, s[1]! | 0, s[2]! | 0, s[3]! | 0]
    const t = (((a + b) | 0) + d) | 0
    s[3] = (d + 1) | 0
    s[0] = b ^ (b >>> 9)
    s[1] = (c + (c << 3)) | 0
    s[2] = (((c << 21) | (c >>> 11)) + t) | 0
    return t >>> 0
  }
  next(): number { return (this.#word() * 2097152 + (this.#word() >>> 11)) / 9007199254740992 }
  integer(below: number): number { return Math.floor(this.next() * below) }
  /** Marsaglia's polar method; the second of each pair waits in state[4]. */
  normal(): number {
    const spare = this.state[4]!
    this.state[4] = NaN
    if (!Number.isNaN(spare)) return spare
    for (;;) {
      const [u, v] = [2 * this.next() - 1, 2 * this.next() - 1]
      const s = u * u + v * v
      if (s >= 1 || s === 0) continue
      const scale = Math.sqrt((-2 * Math.log(s)) / s)
      this.state[4] = v * scale
      return u * scale
    }
  }
}
