import { defineModule, defineSource, need, Orchestrator, type FeatureSpec, type MarketInput, type Source } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { simulatedVenues, withFaults, type FaultSpec, type VenueBookInput } from '@tapeloom/data/sim'
import { describe, expect, test } from 'vitest'
import { cobFeatures } from './cob-features.ts'
import { cob } from './index.ts'

const SYMBOL = 'BTC/USDT'
const RUNS = 8
/** Columns of the book as it stands: equal books have equal ones. */
const OF_THE_BOOK = ['spreadBps', 'weightedMidBps', 'imbalance1', 'imbalance5', 'imbalance20', 'crossed'] as const
/** Those and others that a book that is not live has none of. */
const OF_A_LIVE_BOOK = [...OF_THE_BOOK, 'depth10Bid', 'depth10Ask', 'slopeBid', 'slopeAsk', 'fillBuyBps', 'fillSellBps', 'curveBuyBps0', 'bucketBid0', 'bucketAsk19', 'wallBidBps'] as const
const ranges = new Map<string, readonly [number, number]>(Object.entries(cobFeatures as Readonly<Record<string, FeatureSpec>>).flatMap(
  ([name, { size, range }]) => Array.from({ length: size ?? 1 }, (_, i) => [size === undefined ? name : `${name}${i}`, range] as const),
))

async function all(source: Source): Promise<readonly MarketInput[]> {
  const inputs: MarketInput[] = []
  for await (const some of source.events({ after: undefined, signal: new AbortController().signal })) inputs.push(...(some as readonly MarketInput[]))
  return inputs
}

/** What the module held after each event of a run, and what was wrong with it. */
interface Held {
  /** `OF_THE_BOOK` by the venue's number of the message that the book was at. */
  readonly byBook: Map<number, string>
  readonly wrong: string[]
  notLive: number
  known: number
}

async function heldBy(source: Source): Promise<Held> {
  const held: Held = { byBook: new Map(), wrong: [], notLive: 0, known: 0 }
  const ids = new Map<number, number>()
  let received = 0
  // Each message has a time of receipt of its own, to tell which one a book event is of.
  const inputs = (await all(source)).map((input): MarketInput => ({ ...input, tsInit: (received = Math.max(received + 1, input.tsInit!)) }))
  for (const input of inputs) if (input.kind === 'book') ids.set(input.tsInit!, (input as VenueBookInput).ids!.last)
  const check = (values: Readonly<Record<string, number>>, what: string) => {
    for (const [name, [least, most]] of ranges) {
      const value = values[name]!
      if (!Number.isNaN(value)) held.known++
      if (!Number.isNaN(value) && !(value >= least && value <= most && Number.isFinite(value))) held.wrong.push(`${name} ${value} at ${what}`)
    }
  }
  const auditor = defineModule({
    name: 'auditor', version: '1.0.0', core: '^1.0.0', state: () => ({}),
    requires: { audited: need('cob', '^1.0.0', { features: [...ranges.keys()] }) },
    on: {
      trade({ tsInit }, { need: { audited } }) {
        check(audited, `trade ${tsInit}`)
      },
      book(book, { need: { audited } }) {
        check(audited, `book ${book.tsInit}`)
        const id = ids.get(book.tsInit)
        if (book.status === 'live' && id !== undefined) held.byBook.set(id, OF_THE_BOOK.map((name) => audited[name]).join())
        if (book.status === 'live') return
        held.notLive++
        for (const name of OF_A_LIVE_BOOK) if (!Number.isNaN(audited[name])) held.wrong.push(`${name} ${audited[name]} while ${book.status}`)
      },
    },
  })
  const recorded = defineSource({ name: 'a', instruments: source.instruments, async *events() { yield inputs } })
  const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [recorded] }), modules: [cob, auditor] })
  orchestrator.on('module:fault', ({ module, message }) => void held.wrong.push(`${module} ${message}`))
  await orchestrator.run()
  return held
}

const market = (seed: number) => simulatedVenues({ symbols: [SYMBOL], duration: '90s', seed, venues: [{ name: 'a' }] })[0]!

const withoutFaults = [0, 1].map((seed) => heldBy(market(seed)))

describe('over a venue with faults', () => {
  test.each([
    { drop: 0.01 }, { duplicate: 0.01 }, { reorder: 0.01 }, { delay: 0.01 }, { disconnect: 0.001 }, { gap: 0.01 }, { cross: 0.01 },
    { badNumber: 0.01 }, { wrongNumber: 0.01 }, { checksum: 0.01 }, { clock: 0.01, clockPpm: 300 },
  ] satisfies Omit<FaultSpec, 'seed'>[])('%j: all columns are in range or missing, those of the book as without faults or missing', async (faults) => {
    let compared = 0
    for (let seed = 0; seed < RUNS; seed++) {
      const [clean, faulty] = [await withoutFaults[seed % 2]!, await heldBy(withFaults(market(seed % 2), { seed, ...faults }))]
      expect(faulty.wrong).toEqual([])
      expect(clean.wrong).toEqual([])
      expect(faulty.known).toBeGreaterThan(1000)
      expect(faulty.notLive > 0 || 'duplicate' in faults || 'clock' in faults).toBe(true)
      for (const [id, values] of faulty.byBook) {
        expect(values).toBe(clean.byBook.get(id))
        compared++
      }
    }
    expect(compared).toBeGreaterThan(1000)
  })
})
