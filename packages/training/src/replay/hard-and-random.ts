import type { Random } from '@tapeloom/core'

/** How many samples of a replayed batch were drawn because they are hard, and how many at random. */
export interface Drawn {
  readonly hard: number
  readonly random: number
}

/** A quarter of each batch is hard. */
export const HARD_SHARE = 0.25
/** The hard ones are the hardest among so many random candidates a place: another quarter of the past each time. */
const CANDIDATES = 4

/**
 * Draws positions for a batch: a quarter from the hardest, three quarters at random, none twice while there are enough.
 * No picking of winners: what is drawn depends on how wrong the served answer was, never on what it earned.
 * @param hardness by position; NaN counts as easy
 */
export function drawHardAndRandom(
  hardness: ArrayLike<number>, size: number, random: Random, hardShare = HARD_SHARE,
): { readonly positions: readonly number[]; readonly drawn: Drawn } {
  const wanted = Math.min(size, hardness.length)
  const hard = Math.round(wanted * hardShare)
  const chosen = new Set<number>()
  const candidates = distinct(hardness.length, Math.min(hardness.length, hard * CANDIDATES), random, chosen)
  const of = (i: number) => (Number.isNaN(hardness[i]!) ? -Infinity : hardness[i]!)
  const hardest = candidates.toSorted((a, b) => of(b) - of(a) || a - b).slice(0, hard)
  for (const i of hardest) chosen.add(i)
  const rest = distinct(hardness.length, wanted - hardest.length, random, chosen)
  return { positions: [...hardest, ...rest], drawn: { hard: hardest.length, random: rest.length } }
}

/** `count` different numbers below `n` that are not taken. */
function distinct(n: number, count: number, random: Random, taken: ReadonlySet<number>): readonly number[] {
  if (2 * (count + taken.size) > n) return shuffledRest(n, random, taken).slice(0, count)
  const found = new Set<number>()
  while (found.size < count) {
    const i = random.integer(n)
    if (!taken.has(i)) found.add(i)
  }
  return [...found]
}

function shuffledRest(n: number, random: Random, taken: ReadonlySet<number>): number[] {
  const all = Array.from({ length: n }, (_, i) => i).filter((i) => !taken.has(i))
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    ;[all[i], all[j]] = [all[j]!, all[i]!]
  }
  return all
}
