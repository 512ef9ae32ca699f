import { crc32 } from 'node:zlib'
import type { WireLevel } from '../venue-decoder.ts'
import { WireBook } from '../wire-book.ts'

/** Levels of one message. */
export interface KrakenLevels {
  readonly bids: readonly WireLevel[]
  readonly asks: readonly WireLevel[]
  readonly checksum: number | undefined
}

/**
 * A book of Kraken, of the depth that was subscribed to: levels that fall out there are told as deleted, and once a side
 * is full nothing is known beyond its outermost level. The checksum is over what is left after the cut.
 */
export class KrakenBook {
  readonly #wire = new WireBook()
  readonly #depth: number
  #limited = false

  constructor(depth: number) {
    this.#depth = depth
  }

  /** The book anew. */
  reset({ bids, asks, checksum }: KrakenLevels) {
    this.#wire.reset(bids, asks)
    this.#limited = false
    this.#cut()
    return this.#judged('snapshot', this.#wire.top(this.#depth), checksum)
  }

  update({ bids, asks, checksum }: KrakenLevels) {
    this.#wire.apply(bids, asks)
    const cut = this.#cut()
    return this.#judged('delta', { bids: [...bids, ...cut.bids], asks: [...asks, ...cut.asks] }, checksum)
  }

  #cut() {
    this.#limited ||= this.#wire.reaches(this.#depth)
    return this.#wire.cut(this.#depth)
  }

  #judged(update: 'snapshot' | 'delta', levels: { readonly bids: readonly WireLevel[]; readonly asks: readonly WireLevel[] }, checksum: number | undefined) {
    const isRight = checksum === undefined || krakenChecksum(this.#wire) === checksum
    if (!isRight) return { kind: 'gap', reason: 'checksum' } as const
    const partial = this.#limited && ({ partial: true } as const)
    return { kind: 'book', update, ...levels, ...partial, ...(checksum !== undefined && { checked: true }) } as const
  }
}

/** CRC-32 over the ten best asks, then bids: digits of price and volume without point and zeros in front. */
export function krakenChecksum(book: WireBook): number {
  const { bids, asks } = book.top(10)
  const digits = [...asks, ...bids].flat().map((text) => text.replace('.', '').replace(/^0+/, ''))
  return crc32(digits.join(''))
}
