import type { MarketMessage, BookMessage, Price, SeededRandom } from '@tapeloom/core'
import type { VenueBookInput } from './simulated-venue.ts'

type Levels = readonly (readonly [Price, Price])[]
type BookInput = MarketMessage & BookMessage

const IMPOSSIBLE: readonly Price[] = [NaN, Infinity, -Infinity, -1, '-0.5', 'x', '', 1e300]

/** A price or quantity of one level becomes what none can be; a message without levels stays as it is. */
export function withBadNumber(input: BookInput, random: SeededRandom): BookInput {
  const bad = IMPOSSIBLE[random.integer(IMPOSSIBLE.length)]!
  const ofPrice = random.next() < 0.5
  return withLevel(input, random, ([price, quantity]) => (ofPrice ? [bad, quantity] : [price, bad]))
}

/** The quantity of one level is doubled, or, where it was 0, that of another level. */
export function withWrongNumber(input: BookInput, random: SeededRandom): BookInput {
  const other = [...input.bids, ...input.asks].find(([, quantity]) => Number(quantity) > 0)?.[1] ?? 1
  return withLevel(input, random, ([price, quantity]) => [price, Number(quantity) > 0 ? 2 * Number(quantity) : other])
}

/** A bid of the best ask's size stands one level above it. */
export function withCross(input: BookInput, asks: Levels): BookInput {
  const best = asks[0]
  if (!best) return input
  return { ...input, bids: [[asks[1]?.[0] ?? best[0], best[1]], ...input.bids] }
}

/** One bit of the checksum is flipped, where there is one. */
export function withFlippedChecksum(input: VenueBookInput, random: SeededRandom): VenueBookInput {
  if (input.checksum === undefined) return input
  return { ...input, checksum: (input.checksum ^ (1 << random.integer(32))) >>> 0 }
}

function withLevel(input: BookInput, random: SeededRandom, change: (level: readonly [Price, Price]) => readonly [Price, Price]): BookInput {
  const { bids, asks } = input
  const at = random.integer(bids.length + asks.length)
  const changed = (levels: Levels, from: number) => levels.map((level, i) => (i + from === at ? change(level) : level))
  return { ...input, bids: changed(bids, 0), asks: changed(asks, bids.length) }
}
