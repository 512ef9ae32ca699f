import {
  defineModule, defineSource, Orchestrator, toGrid, type BookStatus, type BookView, type MarketInput, type MarketSymbol, type Source,
} from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { DataProvider } from '../provider/data-provider.ts'
import { bookChecksum, simulatedVenues, withFaults, type FaultSpec, type SimulatedVenueSpec, type VenueBookInput } from '../sim/index.ts'
import { TailBook } from './tail-book.ts'

/** Seeded runs of each kind of fault, how many go at once, and how long each market is. */
const RUNS = 1000
const AT_ONCE = 50
const DURATION = '5s'
const NEVER = new AbortController().signal

type Faults = Omit<FaultSpec, 'seed'>

/** One venue with faults, and what its book was at each of its messages. */
interface Line {
  readonly source: ReturnType<typeof withFaults>
  /** What is told to the host, and the checksums of the venue's own book at the times (tsInit) of those messages. */
  readonly tapped: Source
  readonly truth: Map<number, number>
  status: BookStatus
  expected: number
}

/** What became of all books, in counts. */
const nothing = {
  faults: 0, live: 0, wrong: 0, crossed: 0, lost: 0, resyncs: 0, failedResyncs: 0, wrongSnapshots: 0,
  decisions: 0, gated: 0, wronglyGated: 0,
}
type Outcome = typeof nothing

async function lineOf(run: number, venue: Partial<SimulatedVenueSpec>, faults: Faults): Promise<Line> {
  const symbol = `S${run % AT_ONCE}/USDT` as MarketSymbol
  const market = (more: Partial<SimulatedVenueSpec>) =>
    simulatedVenues({ symbols: [symbol], duration: DURATION, seed: run, venues: [{ name: `v${run % AT_ONCE}`, ...venue, ...more }] })[0]!
  const sent = await all(market({}))
  const checked = venue.checks ? await all(market({ checks: ['ids', 'checksum'] })) : sent
  const books = checked.filter((input): input is VenueBookInput => input.kind === 'book')
  const [own, times] = [books.map(({ checksum = NaN }) => checksum), books.map(({ tsEvent }) => tsEvent)]
  const recorded = defineSource({ name: `v${run % AT_ONCE}`, instruments: market({}).instruments, async *events() { yield sent } })
  const source = withFaults(recorded, { seed: run, ...faults })
  const truth = new Map<number, number>()
  /** By the venue's number of the message, or, without numbers, by its time. */
  const truthOf = ({ ids, tsEvent }: VenueBookInput) => own[ids ? ids.last - 1 : times.findLastIndex((time) => time <= tsEvent)] ?? NaN
  const tapped: Source = {
    name: source.name, live: false, instruments: source.instruments,
    async *events() {
      let last = 0
      for (const input of await all(source)) {
        last = Math.max(last + 1, input.tsInit ?? 0)
        if (input.kind === 'book') truth.set(last, truthOf(input))
        yield { ...input, tsInit: last }
      }
    },
  }
  return { source, tapped, truth, status: 'empty', expected: NaN }
}

async function all(source: Source): Promise<readonly MarketInput[]> {
  const inputs: MarketInput[] = []
  for await (const some of source.events({ after: undefined, signal: NEVER })) inputs.push(...(some as readonly MarketInput[]))
  return inputs
}

const [prices, quantities] = [new Float64Array(64), new Float64Array(64)]

/** The checksum of a book as modules read it. */
function checksumOf(book: BookView, instrument: Source['instruments'][number]): number {
  const copy = new TailBook()
  for (const side of ['bid', 'ask'] as const) {
    const count = book.depth(side, 64, prices, quantities)
    for (let i = 0; i < count; i++) copy.set(side, toGrid(instrument.tick, prices[i]!), toGrid(instrument.lot, quantities[i]!))
  }
  return bookChecksum(copy)
}

/** Compares each live book with the venue's own after each message, and wants to buy whatever happens. */
function probeOf(lines: ReadonlyMap<string, Line>, outcome: Outcome) {
  return defineModule({
    name: 'probe', version: '1.0.0', core: '^1.0.0', state: () => ({}),
    on: {
      book(book, { instrument }) {
        const line = lines.get(book.symbol)!
        const resynced = book.kind === 'snapshot' && line.status !== 'empty' && line.status !== 'live'
        if (book.kind === 'reset') outcome.lost++
        line.status = book.status
        line.expected = line.truth.get(book.tsInit) ?? line.expected
        const isRight = book.status === 'live' && checksumOf(book, instrument) === line.expected
        if (resynced) outcome.resyncs++
        if (resynced && !isRight) outcome.failedResyncs++
        if (book.status !== 'live') return
        outcome.live++
        if (!isRight) outcome.wrong++
        if (!isRight && book.kind === 'snapshot') outcome.wrongSnapshots++
        if (!(book.bestBid < book.bestAsk)) outcome.crossed++
      },
    },
    predict: () => ({ horizon: '10s', probabilities: { buy: 0.8, hold: 0.1, sell: 0.1 } }),
  })
}

/** Many runs of one kind of fault, through source, provider, book and modules. */
async function runs(venue: Partial<SimulatedVenueSpec>, faults: Faults, count = RUNS): Promise<Outcome> {
  const outcome = { ...nothing }
  for (let from = 0; from < count; from += AT_ONCE) {
    const made = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => lineOf(from + i, venue, faults)))
    const lines = new Map(made.map((line) => [line.source.instruments[0]!.symbol as string, line]))
    const data = new DataProvider({ sources: made.map(({ tapped }) => tapped) })
    const orchestrator = new Orchestrator({ data, modules: [probeOf(lines, outcome)] })
    orchestrator.on('decision', ({ symbol, gates, action, reason }) => {
      outcome.decisions++
      const { status } = lines.get(symbol)!
      const mustHold = status !== 'live' && status !== 'empty'
      const holds = action === 'hold' && reason === 'gate:book' && gates.some(({ name, passed }) => name === 'book' && !passed)
      if (mustHold) outcome.gated++
      if (mustHold !== holds) outcome.wronglyGated++
    })
    await orchestrator.run()
    for (const { source } of made) for (const count of Object.values(source.faults)) outcome.faults += count
  }
  return outcome
}

/** Faults of each kind, a few a run. */
const kinds = {
  drop: { drop: 0.04 }, duplicate: { duplicate: 0.04 }, reorder: { reorder: 0.04 }, delay: { delay: 0.04 },
  disconnect: { disconnect: 0.01 }, gap: { gap: 0.04 }, cross: { cross: 0.06 }, badNumber: { badNumber: 0.06 },
  wrongNumber: { wrongNumber: 0.06 }, checksum: { checksum: 0.06 }, clock: { clock: 0.04, clockPpm: 300 },
} satisfies Record<string, Faults>
type Kind = keyof typeof kinds
const harmless: readonly Kind[] = ['duplicate', 'clock']

/** Every live book was the venue's own, and each snapshot after a loss made it so again. */
function expectHonest(kind: Kind, outcome: Outcome): void {
  expect(outcome).toMatchObject({ wrong: 0, crossed: 0, failedResyncs: 0, wronglyGated: 0 })
  expect(outcome.faults).toBeGreaterThan(0)
  expect(outcome.live).toBeGreaterThan(0)
  expect(outcome.lost > 0).toBe(!harmless.includes(kind))
  expect(outcome.resyncs > 0 && outcome.gated > 0).toBe(!harmless.includes(kind))
}

describe('a venue that numbers its updates and sums up its book', () => {
  test.each(Object.keys(kinds) as Kind[])('%s: a book is the venue’s own or not live, and right with one snapshot', async (kind) => {
    expectHonest(kind, await runs({}, kinds[kind]))
  })
})

describe('a venue that numbers its updates and sums up nothing', () => {
  const checks = { checks: ['ids'] } as const
  test.each(['drop', 'reorder', 'delay', 'gap', 'cross', 'badNumber'] as const)('%s: a book is the venue’s own or not live', async (kind) => {
    expectHonest(kind, await runs(checks, kinds[kind], 100))
  })
  test('wrongNumber cannot be seen: the book is never crossed while it is live', async () => {
    const outcome = await runs(checks, kinds.wrongNumber, 100)
    expect(outcome.wrong).toBeGreaterThan(0)
    expect(outcome).toMatchObject({ crossed: 0, wronglyGated: 0 })
  })
})

describe('a venue that sums up its book and numbers nothing', () => {
  test.each(['drop', 'reorder', 'delay', 'wrongNumber', 'checksum'] as const)('%s: a book is the venue’s own or not live', async (kind) => {
    expectHonest(kind, await runs({ checks: ['checksum'] }, kinds[kind], 100))
  })
})

describe('a venue that neither numbers nor sums up, and sends its whole book each second', () => {
  const venue = { checks: [], snapshots: '1s' } as const
  test.each(['duplicate', 'disconnect', 'gap', 'cross', 'badNumber'] as const)(
    '%s: a book is the venue’s own or not live', async (kind) => {
      expectHonest(kind, await runs(venue, kinds[kind], 100))
    },
  )
  test.each(['drop', 'reorder', 'delay'] as const)('%s cannot be seen: the book stays uncrossed, and the next snapshot puts it right', async (kind) => {
    const outcome = await runs(venue, kinds[kind], 100)
    expect(outcome.wrong).toBeGreaterThan(0)
    expect(outcome).toMatchObject({ crossed: 0, wrongSnapshots: 0, wronglyGated: 0 })
    expect(outcome.wrong / outcome.live).toBeLessThan(0.5)
  })
  test('wrongNumber cannot be seen: the book stays uncrossed', async () => {
    const outcome = await runs(venue, kinds.wrongNumber, 100)
    expect(outcome.wrong).toBeGreaterThan(0)
    expect(outcome.crossed).toBe(0)
  })
})
