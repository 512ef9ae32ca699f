import type { BookMessage, MarketInput, Source, TradeMessage, MarketMessage } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { ConsolidatedBook } from '../book/consolidated-book.ts'
import { TailBook } from '../book/tail-book.ts'
import { VenueBook } from '../book/venue-book.ts'
import { bookChecksum, simulatedVenues, type SimulatedVenueSpec, type SimulatedVenuesSpec, type VenueBookInput } from './index.ts'

type Input = MarketMessage & (TradeMessage | BookMessage)

async function all(source: Source, after?: number): Promise<readonly Input[]> {
  const inputs: Input[] = []
  for await (const some of source.events({ after, signal: new AbortController().signal })) inputs.push(...(some as readonly Input[]))
  return inputs
}
const spec = { symbols: ['BTC/USDT', 'ETH/USDT'], duration: '60s', seed: 5, venues: [{ name: 'a' }, { name: 'b', noiseBps: 1, delay: '300ms' }] } as const
const one = (venue: Partial<SimulatedVenueSpec> = {}, more: Partial<SimulatedVenuesSpec> = {}): Source =>
  simulatedVenues({ symbols: ['BTC/USDT'], duration: '60s', seed: 5, venues: [{ name: 'a', ...venue }], ...more })[0]!

describe('simulated venues', () => {
  test('equal specs give equal inputs; another seed gives others; a venue or a symbol alone is the same as among others', async () => {
    const [a, b] = await Promise.all(simulatedVenues(spec).map((source) => all(source)))
    expect(await all(simulatedVenues(spec)[1]!)).toEqual(b)
    expect(await all(simulatedVenues({ ...spec, venues: spec.venues.slice(1) })[0]!)).toEqual(b)
    expect(await all(simulatedVenues({ ...spec, seed: 6 })[0]!)).not.toEqual(a)
    const unreceived = (inputs: readonly MarketInput[]) => inputs.map(({ tsInit: _, ...input }) => input)
    expect(unreceived(await all(one()))).toEqual(unreceived(a!.filter(({ symbol }) => symbol === 'BTC/USDT')))
  })
  test('a source goes on after what was acknowledged, and stops when told', async () => {
    const inputs = await all(one())
    for (const after of [1, 500, inputs.length]) expect(await all(one(), after)).toEqual(inputs.slice(after))
    expect(await all(one({}, { duration: '200ms' }))).toEqual(inputs.filter(({ tsEvent }) => tsEvent < 3600.2e6))
    const abort = new AbortController()
    let count = 0
    for await (const chunk of one({}, { duration: '1h' }).events({ after: undefined, signal: abort.signal })) {
      count += (chunk as readonly MarketInput[]).length
      abort.abort()
    }
    expect(count).toBeLessThan(2000)
  })
  test('a trade is made at a price that rests, and the next change of the book tells that price anew', async () => {
    const book = new TailBook()
    const [{ tick, lot }] = one().instruments as [Source['instruments'][number]]
    const [ticks, lots] = [(price: number) => Math.round((price * tick.scale) / tick.k), (quantity: number) => Math.round((quantity * lot.scale) / lot.k)]
    let [trades, wrong] = [0, 0]
    const since = new Map<string, number>()
    for (const input of await all(one({}, { duration: '10m' }))) {
      if (input.kind === 'trade') {
        const [side, price, key] = [input.aggressor === 'buy' ? book.asks : book.bids, ticks(input.price as number), `${input.aggressor} ${input.price}`]
        trades++
        since.set(key, (since.get(key) ?? 0) + lots(input.quantity as number))
        if (since.get(key)! > side.get(price)) wrong++
        continue
      }
      for (const key of since.keys()) {
        const [aggressor, price] = key.split(' ')
        if (!(aggressor === 'buy' ? input.asks : input.bids).some(([at]) => at === Number(price))) wrong++
      }
      since.clear()
      for (const [price, quantity] of input.bids) book.bids.set(ticks(price as number), lots(quantity as number))
      for (const [price, quantity] of input.asks) book.asks.set(ticks(price as number), lots(quantity as number))
      expect(bookChecksum(book)).toBe((input as VenueBookInput).checksum)
      expect(book.crossed).toBe(false)
    }
    expect([trades > 1000, wrong]).toEqual([true, 0])
  })
  test('numbers follow each other; a venue may send none, and its whole book now and then', async () => {
    const books = (await all(one())).filter((input) => input.kind === 'book') as VenueBookInput[]
    expect(books.map(({ ids }) => ids)).toEqual(books.map((_, i) => ({ first: i + 1, last: i + 1, previous: i })))
    const plain = (await all(one({ checks: [], snapshots: '2s' }))).filter((input) => input.kind === 'book') as VenueBookInput[]
    expect(plain.filter(({ update }) => update === 'snapshot')).toHaveLength(30)
    expect(plain.some(({ ids, checksum }) => ids !== undefined || checksum !== undefined)).toBe(false)
  })
  test('the grid of a venue is its own, and a fee widens its spread', async () => {
    const coarse = one({ tickSize: '5', lotSize: '0.01' })
    expect(coarse.instruments[0]).toMatchObject({ venue: 'a', tickSize: 5, lotSize: 0.01 })
    const prices = (await all(coarse)).flatMap((input) => (input.kind === 'trade' ? [input.price as number] : []))
    expect(prices.length).toBeGreaterThan(100)
    expect(prices.filter((price) => price % 5 !== 0)).toEqual([])
    const spread = async (venue: Partial<SimulatedVenueSpec>) => {
      const { bids, asks } = (await all(one(venue)))[0] as VenueBookInput
      return (asks[0]![0] as number) - (bids[0]![0] as number)
    }
    expect((await spread({ feeBps: 10 })) - (await spread({}))).toBeGreaterThan(2 * 10e-4 * 60_000 * 0.9)
  })
  test.each([
    [{ symbols: [] }, 'sim.symbols', 'none, or not distinct'], [{ symbols: ['A/B', 'A/B'] as const }, 'sim.symbols', 'A/B A/B'],
    [{ duration: '150ms' as const }, 'sim.duration', 'no multiple of 100 ms'], [{ venues: [] }, 'sim.venues', 'none'],
    [{ venues: [{ name: 'a' }, { name: 'a' }] }, 'sim.venues', `'a a'`], [{ venues: [{ name: 'a', noiseBps: -1 }] }, 'sim.venues', 'noiseBps -1'],
    [{ venues: [{ name: 'a', delay: '50ms' as const }] }, 'sim.venues', `[simulatedVenues a] delay '50ms'`],
    [{ venues: [{ name: 'a', clockUs: 0.5 }] }, 'sim.venues', 'not whole'], [{ venues: [{ name: 'a', clockPpm: 2000 }] }, 'sim.venues', 'clockPpm'],
  ])('%j is an error', (wrong, code, says) => {
    expect(() => simulatedVenues({ ...spec, ...wrong })).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }))
  })
})

/** All venues' inputs by time of receipt, each with its venue's number. */
async function received(sources: readonly Source[]): Promise<readonly { readonly venue: number; readonly input: Input }[]> {
  const inputs = await Promise.all(sources.map(async (source, venue) => (await all(source)).map((input) => ({ venue, input }))))
  return inputs.flat().sort((a, b) => a.input.tsInit! - b.input.tsInit! || a.venue - b.venue)
}

/** Follows all venues; `each` is called after every book message with the time that it stands, µs. */
async function follow(venues: readonly SimulatedVenueSpec[], duration: '30m' | '10m' | '5m', each: (all: ConsolidatedBook, us: number) => void, seed = 1) {
  const sources = simulatedVenues({ symbols: ['BTC/USDT'], duration, seed, venues })
  const books = sources.map(({ instruments }) => new VenueBook(instruments[0]!))
  const together = new ConsolidatedBook(books.map((book) => book.instrument))
  const inputs = (await received(sources)).filter(({ input }) => input.kind === 'book')
  for (const [i, { venue, input }] of inputs.entries()) {
    const book = books[venue]!
    if (book.apply(input as VenueBookInput) !== 'applied') throw new Error(`message ${i} does not fit`)
    book.tape.stamp.set([i, input.tsEvent, input.tsInit!])
    together.follow(venue, book)
    each(together, (inputs[i + 1]?.input.tsInit ?? input.tsInit!) - input.tsInit!)
  }
  return together
}

describe('four venues together', () => {
  const names = ['a', 'b', 'c', 'd']
  const crossed = async (stale: boolean, seed: number) => {
    let [whole, plain, evicted] = [0, 0, 0]
    await follow(names.map((name) => ({ name, stale: stale && name === 'd' })), stale ? '30m' : '10m', (together, us) => {
      const { bid, ask } = together.bbo({ evictOlderCrossed: true })
      whole += us
      if (together.crossed) plain += us
      if (!(bid <= ask)) evicted += us
    }, seed)
    return { plain: plain / whole, evicted: evicted / whole }
  }
  test.each([1, 2, 3])('where one never withdraws, they are crossed in nine tenths of half an hour, and never once older quotes are evicted', async (seed) => {
    const { plain, evicted } = await crossed(true, seed)
    expect(plain).toBeGreaterThan(0.9)
    expect(evicted).toBe(0)
  })
  test('where all withdraw, they are crossed in a twentieth of the time', async () => {
    const { plain, evicted } = await crossed(false, 1)
    expect(plain).toBeLessThan(0.05)
    expect(evicted).toBe(0)
  })
})

test('each venue’s lag is its latency less what its clock is ahead, and its age by either time is told', async () => {
  const venues = [{ name: 'a' }, { name: 'b', clockUs: 250_000, latency: '80ms' }, { name: 'c', clockPpm: -500 }] as const
  const together = await follow(venues, '5m', () => {})
  const [exact, ahead, slow] = [0, 1, 2].map((venue) => together.latency(venue)) as [ReturnType<typeof together.latency>, ReturnType<typeof together.latency>, ReturnType<typeof together.latency>]
  const within = (value: number, least: number, most: number) => expect(value >= least && value <= most, `${value} in [${least}, ${most}]`).toBe(true)
  within(exact.lagUs, 20_000, 30_001)
  within(ahead.lagUs, 80_000 - 250_000, 120_001 - 250_000)
  // 300 s at 500 parts of a million are 150 ms
  within(slow.lagUs, 20_000 + 149_800, 30_001 + 150_000)
  expect(Math.min(exact.receiveAgeUs, ahead.receiveAgeUs, slow.receiveAgeUs)).toBe(0)
  within(exact.eventAgeUs, 100_000, 400_000)
  expect(ahead.eventAgeUs).toBe(0)
})
