import { createRandom } from '@tapeloom/core'
import type { Dialect } from './dialect.ts'
import type { TapeRecord } from './tape.ts'

/** How often what goes wrong, over all of the playing. */
export interface Faults {
  /** Connections that are cut. */
  readonly disconnects?: number
  /** Messages that are left out. */
  readonly gaps?: number
  /** Times at which nothing is sent for `stallMs` (default 200). */
  readonly stalls?: number
  readonly stallMs?: number
  /** Connections that are cut, the next of which is accepted and then gets nothing. */
  readonly halfOpens?: number
  /** Requests that are answered by 429. */
  readonly refusals?: number
}

/** What happens at a record of the tape. */
export type Fault = 'disconnect' | 'gap' | 'stall' | 'halfOpen'

/** No fault comes in the last part of the tape: a book must have the time to be right again. */
const CALM = 0.1

/** Whose faults are planned. */
export interface FaultPlace {
  readonly seed: number
  readonly round: number
  readonly rounds: number
  /** What is subscribed to: other messages are not missed. */
  readonly topics: ReadonlySet<string>
}

/** Which faults come at which records of one round; the rounds share them out. */
export function planFaults(
  tape: readonly TapeRecord[], dialect: Dialect, { disconnects = 0, gaps = 0, stalls = 0, halfOpens = 0 }: Faults,
  { seed, round, rounds, topics }: FaultPlace,
): ReadonlyMap<number, Fault> {
  const random = createRandom(seed, 'faults', String(round))
  const share = (count: number) => Math.floor((count * (round + 1)) / rounds) - Math.floor((count * round) / rounds)
  const end = Math.floor(tape.length * (1 - CALM))
  const planned = new Map<number, Fault>()
  const noticed = noticedLosses(tape, dialect, topics, end)
  const put = (fault: Fault, count: number, places: readonly number[]) => {
    for (let left = Math.min(count, places.length - planned.size); left > 0; ) {
      const place = places[random.integer(places.length)]!
      if (planned.has(place)) continue
      planned.set(place, fault)
      left--
    }
  }
  const anywhere = Array.from({ length: Math.max(0, end - 10) }, (_, i) => i + 10)
  put('gap', share(gaps), noticed)
  put('disconnect', share(disconnects), anywhere)
  put('stall', share(stalls), anywhere)
  put('halfOpen', share(halfOpens), anywhere)
  return planned
}

/** Updates of books that a later one of the same book follows: nobody can notice that the last one is missing. */
function noticedLosses(tape: readonly TapeRecord[], dialect: Dialect, topics: ReadonlySet<string>, end: number): readonly number[] {
  const places: number[] = []
  const followed = new Set<string>()
  for (let i = tape.length - 1; i >= 10; i--) {
    const record = tape[i]!
    const topic = record.kind === 'message' ? dialect.topicOf(record) : ''
    if (!/book|depth|l2_data/.test(topic) || !topics.has(topic)) continue
    if (i < end && followed.has(topic)) places.push(i)
    followed.add(topic)
  }
  return places.toReversed()
}
