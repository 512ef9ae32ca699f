import { createRandom, TapeloomError } from '@tapeloom/core'
import type { MarketInput, MarketSymbol, SeededRandom, Source } from '@tapeloom/core'
import { BookMemory } from './book-memory.ts'

/** Chances per input, in [0, 1]; each defaults to 0. */
export interface FaultSpec {
  readonly seed: number
  /** The input is lost. */
  readonly drop?: number
  /** The input comes twice. */
  readonly duplicate?: number
  /** The input comes after the next one. */
  readonly reorder?: number
  /** The connection is lost for 1 to 30 s: a `gap` for each symbol, then each book anew as a snapshot. */
  readonly disconnect?: number
}

/** How many faults of each kind the newest run of `events` has made. */
export type FaultCounts = Record<'drop' | 'duplicate' | 'reorder' | 'disconnect', number>

const CHUNK = 1024
const SHORTEST_US = 1e6
const LONGEST_US = 30e6

/**
 * A source with faults: seeded, so that equal specs give equal faults, and counted in `faults`. The length is unknown.
 * @throws TapeloomError `sim.faults` for a chance outside [0, 1]
 */
export function withFaults(source: Source, spec: FaultSpec): Source & { readonly faults: Readonly<FaultCounts> } {
  for (const kind of ['drop', 'duplicate', 'reorder', 'disconnect'] as const) {
    const chance = spec[kind] ?? 0
    if (chance >= 0 && chance <= 1) continue
    throw new TapeloomError('sim.faults', `[withFaults] ${kind} ${chance} is not in [0, 1]. Give a chance per input.`)
  }
  return new FaultySource(source, spec)
}

class FaultySource implements Source {
  readonly name: string
  readonly live: boolean
  readonly faults: FaultCounts = { drop: 0, duplicate: 0, reorder: 0, disconnect: 0 }
  readonly #source: Source
  readonly #spec: FaultSpec

  constructor(source: Source, spec: FaultSpec) {
    this.name = source.name
    this.live = source.live
    this.#source = source
    this.#spec = spec
  }

  get instruments(): Source['instruments'] {
    return this.#source.instruments
  }

  get absentMeans(): 'gap' | 'empty' {
    return this.#source.absentMeans ?? 'gap'
  }

  async prepare(): Promise<void> {
    await this.#source.prepare?.()
  }

  async *events({ after = 0, signal }: Parameters<Source['events']>[0]): AsyncIterable<readonly MarketInput[]> {
    Object.assign(this.faults, { drop: 0, duplicate: 0, reorder: 0, disconnect: 0 })
    const line = new FaultyLine(this.#spec, this.faults)
    let done = 0
    // always from the start: what is faulty depends on all that came before
    for await (const some of this.#source.events({ after: undefined, signal })) {
      for (const input of Array.isArray(some) ? (some as readonly MarketInput[]) : [some as MarketInput])
        line.take(input)
      if (line.waiting < CHUNK) continue
      const inputs = line.give()
      const fresh = inputs.slice(Math.max(0, after - done))
      done += inputs.length
      if (fresh.length > 0) yield fresh
    }
    line.end()
    const rest = line.give().slice(Math.max(0, after - done))
    if (rest.length > 0 && !signal.aborted) yield rest
  }
}

/** The connection that inputs come through. */
class FaultyLine {
  readonly #spec: FaultSpec
  readonly #counts: FaultCounts
  readonly #random: SeededRandom
  readonly #books = new Map<MarketSymbol, BookMemory>()
  #out: MarketInput[] = []
  #held: MarketInput | undefined
  /** While disconnected: until when, µs. */
  #backAt = NaN

  constructor(spec: FaultSpec, counts: FaultCounts) {
    this.#spec = spec
    this.#counts = counts
    this.#random = createRandom(spec.seed, 'faults')
  }

  get waiting(): number {
    return this.#out.length
  }

  give(): readonly MarketInput[] {
    const out = this.#out
    this.#out = []
    return out
  }

  /** What is still held back comes at last. */
  end(): void {
    if (this.#held) this.#out.push(this.#held)
    this.#held = undefined
  }

  take(numbered: MarketInput): void {
    // numbers of the source would not rise any more: what comes is counted anew
    const { sourceSequence: _, ...input } = numbered
    this.#remember(input)
    if (this.#isAway(input)) return
    if (this.#happens('disconnect')) return this.#disconnect(input)
    if (this.#happens('drop')) return
    if (!this.#held && this.#happens('reorder')) {
      this.#held = input
      return
    }
    this.#out.push(input)
    if (this.#happens('duplicate')) this.#out.push(input)
    this.end()
  }

  #happens(kind: keyof FaultCounts): boolean {
    const chance = this.#spec[kind] ?? 0
    if (chance === 0 || this.#random.next() >= chance) return false
    this.#counts[kind]++
    return true
  }

  #remember(input: MarketInput): void {
    if (!input.symbol) return
    const book = this.#books.get(input.symbol) ?? new BookMemory()
    this.#books.set(input.symbol, book)
    if (input.kind === 'book') book.apply(input)
  }

  #disconnect({ tsEvent = 0, tsInit }: MarketInput): void {
    this.end()
    this.#backAt = tsEvent + SHORTEST_US + this.#random.integer(LONGEST_US - SHORTEST_US)
    const stamp = { tsEvent, ...(tsInit !== undefined && { tsInit }) }
    for (const symbol of this.#books.keys()) this.#out.push({ kind: 'gap', symbol, reason: 'disconnect', ...stamp })
  }

  /** Whether the line is down; when it is up again, books come anew, the one that this input belongs to included. */
  #isAway({ kind, tsEvent = 0, tsInit }: MarketInput): boolean {
    if (Number.isNaN(this.#backAt)) return false
    if (tsEvent < this.#backAt) return true
    this.#backAt = NaN
    const stamp = { tsEvent, ...(tsInit !== undefined && { tsInit }) }
    for (const [symbol, book] of this.#books) {
      const snapshot = book.snapshot()
      if (snapshot) this.#out.push({ ...snapshot, symbol, ...stamp })
    }
    return kind === 'book'
  }
}
