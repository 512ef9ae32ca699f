import { defineSource, type MarketInput, type Source } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { BookMemory } from './book-memory.ts'
import { faultKinds, simulatedMarket, simulatedVenues, withFaults, type FaultSpec, type InjectedFault, type VenueBookInput } from './index.ts'

async function all(source: Source, after?: number): Promise<MarketInput[]> {
  const inputs: MarketInput[] = []
  for await (const chunk of source.events({ after, signal: new AbortController().signal }))
    inputs.push(...(chunk as readonly MarketInput[]))
  return inputs
}
const market = (): Source => simulatedMarket({ symbols: ['BTC/USDT', 'ETH/USDT'], duration: '10m', seed: 2 })
const text = (inputs: readonly MarketInput[]): string[] => inputs.map((input) => JSON.stringify(input))

describe('withFaults', () => {
  test('without chances changes nothing', async () => {
    const source = withFaults(market(), { seed: 1 })
    await source.prepare?.()
    expect(await all(source)).toEqual(await all(market()))
    expect(source).toMatchObject({
      name: 'sim',
      live: false,
      absentMeans: 'gap',
      faults: { drop: 0, duplicate: 0, reorder: 0, disconnect: 0 },
    })
    expect(source.instruments).toEqual(market().instruments)
  })
  test('equal specs give equal faults, counted, and it goes on after what was acknowledged', async () => {
    const spec = { seed: 9, drop: 0.01, duplicate: 0.01, reorder: 0.01, disconnect: 0.001 }
    const source = withFaults(market(), spec)
    const inputs = await all(source)
    const counts = { ...source.faults }
    expect(Math.min(counts.drop, counts.duplicate, counts.reorder, counts.disconnect)).toBeGreaterThan(0)
    expect(await all(withFaults(market(), spec))).toEqual(inputs)
    for (const after of [1, 1500, inputs.length]) expect(await all(source, after)).toEqual(inputs.slice(after))
    expect(source.faults).toEqual(counts)
    expect(await all(withFaults(market(), { ...spec, seed: 10 }))).not.toEqual(inputs)
  })
  test('dropped inputs are missing, all others stand in their order', async () => {
    const source = withFaults(market(), { seed: 1, drop: 0.1 })
    const [whole, got] = [text(await all(market())), text(await all(source))]
    expect(got.length).toBe(whole.length - source.faults.drop)
    let at = 0
    for (const input of got) at = whole.indexOf(input, at) + 1
    expect(at).toBeGreaterThan(0)
  })
  test('duplicates follow what they repeat', async () => {
    const source = withFaults(market(), { seed: 1, duplicate: 0.1 })
    const [whole, got] = [text(await all(market())), text(await all(source))]
    expect(got.filter((input, i) => input !== got[i - 1])).toEqual(whole)
    expect(got.length).toBe(whole.length + source.faults.duplicate)
  })
  test('reordered inputs come one later, and none is lost', async () => {
    const source = withFaults(market(), { seed: 1, reorder: 0.1 })
    const [whole, got] = [text(await all(market())), text(await all(source))]
    expect(got.toSorted()).toEqual(whole.toSorted())
    const place = new Map(whole.map((input, i) => [input, i]))
    const moved = got.map((input, i) => i - place.get(input)!)
    expect([...new Set(moved)].sort()).toEqual([-1, 0, 1])
    expect(moved.filter((by) => by === 1)).toHaveLength(source.faults.reorder)
  })
  test('a lost connection leaves a gap, then books as they are by then', async () => {
    const source = withFaults(market(), { seed: 3, disconnect: 0.002 })
    const got = await all(source)
    expect(got.filter(({ kind }) => kind === 'gap')).toHaveLength(2 * source.faults.disconnect)
    const [whole, faulty] = [new BookMemory(), new BookMemory()]
    for (const input of await all(market()))
      if (input.kind === 'book' && input.symbol === 'ETH/USDT') whole.apply(input)
    for (const input of got) if (input.kind === 'book' && input.symbol === 'ETH/USDT') faulty.apply(input)
    expect(faulty.snapshot()).toEqual(whole.snapshot())
    for (const [i, input] of got.entries()) {
      if (input.kind !== 'gap' || got[i - 1]?.kind === 'gap') continue
      const next = got.slice(i).find(({ kind }) => kind !== 'gap')
      expect(next?.kind).toBe('book')
      expect(next!.tsEvent! - input.tsEvent).toBeGreaterThanOrEqual(1e6)
    }
  })
  test('numbers of the source go, so that what comes is counted', async () => {
    const numbered = defineSource({
      name: 'x',
      instruments: [],
      async *events() {
        yield {
          kind: 'trade',
          symbol: 'A/B',
          tsEvent: 1,
          tsInit: 3,
          price: 1,
          quantity: 1,
          aggressor: 'buy',
          sourceSequence: 77,
        }
        yield { kind: 'reject', code: 'x.y', raw: '', sourceSequence: 78 }
      },
    })
    expect(await all(withFaults(numbered, { seed: 1, reorder: 1 }))).toEqual([
      { kind: 'reject', code: 'x.y', raw: '' },
      { kind: 'trade', symbol: 'A/B', tsEvent: 1, tsInit: 3, price: 1, quantity: 1, aggressor: 'buy' },
    ])
    expect(await all(withFaults(numbered, { seed: 1, disconnect: 1 }))).toEqual([
      { kind: 'gap', symbol: 'A/B', reason: 'disconnect', tsEvent: 1, tsInit: 3 },
    ])
  })
  test.each(faultKinds)('%s outside [0, 1] is an error', (kind) => {
    expect(() => withFaults(market(), { seed: 1, [kind]: 1.5 })).toThrow(`[withFaults] ${kind} 1.5 is not in [0, 1]`)
    expect(() => withFaults(market(), { seed: 1, [kind]: NaN })).toThrow(`${kind} NaN`)
  })
  test('a clock that gains more than a tenth is an error', () => {
    expect(() => withFaults(market(), { seed: 1, clockPpm: 2e5 })).toThrow('[withFaults] clockPpm 200000 is not in')
  })
  test('late inputs come after what was sent meanwhile, none is lost, and each has its own time', async () => {
    const source = withFaults(market(), { seed: 1, delay: 0.1 })
    const [whole, got] = [text(await all(market())), text(await all(source))]
    expect(got.toSorted()).toEqual(whole.toSorted())
    expect(got).not.toEqual(whole)
  })
  test('a gap is told for what is lost, and the book comes anew', async () => {
    const source = withFaults(market(), { seed: 1, gap: 0.01 })
    const got = await all(source)
    expect(got.filter(({ kind }) => kind === 'gap')).toHaveLength(source.faults.gap)
    const snapshots = got.filter((input) => input.kind === 'book' && input.update === 'snapshot').length
    expect(snapshots).toBeGreaterThan(2)
    expect(snapshots).toBeLessThanOrEqual(2 + source.faults.gap)
  })
  test('spoiled books are crossed, hold what no number is, or another quantity; trades stay as they are', async () => {
    const books = async (spec: Omit<FaultSpec, 'seed'>) => {
      const inputs = await all(withFaults(market(), { seed: 1, ...spec }))
      expect(text(inputs.filter(({ kind }) => kind === 'trade'))).toEqual(text((await all(market())).filter(({ kind }) => kind === 'trade')))
      return inputs.filter((input): input is VenueBookInput => input.kind === 'book' && input.bids.length + input.asks.length > 0)
    }
    const [whole, bad, wrong, crossed] = [await books({}), await books({ badNumber: 1 }), await books({ wrongNumber: 1 }), await books({ cross: 1 })]
    const numbers = ({ bids, asks }: VenueBookInput) => [...bids, ...asks].flat().map(Number)
    expect(bad.every((book) => numbers(book).filter((one) => !(one >= 0 && one < 1e15)).length + Number(JSON.stringify(book).includes('""')) === 1)).toBe(true)
    for (const [i, book] of wrong.entries()) expect(numbers(book).filter((one, at) => one !== numbers(whole[i]!)[at])).toHaveLength(1)
    expect(crossed.filter(({ update }) => update === 'delta').every((book, i) => book.bids.length > whole.filter(({ update }) => update === 'delta')[i]!.bids.length)).toBe(true)
  })
  test('a clock jumps and runs too fast in what the venue says, not in what we receive', async () => {
    const [source] = simulatedVenues({ symbols: ['BTC/USDT'], duration: '100s', seed: 1, venues: [{ name: 'a' }] })
    const lags = async (spec: Omit<FaultSpec, 'seed'>) => (await all(withFaults(source!, { seed: 1, ...spec }))).map(({ tsEvent = 0, tsInit = 0 }) => tsEvent - tsInit)
    const [exact, fast, jumping] = [await lags({}), await lags({ clockPpm: 1000 }), await lags({ clock: 0.01 })]
    expect(fast[0]).toBe(exact[0])
    expect(fast.at(-1)! - exact.at(-1)!).toBeCloseTo(100_000, -3)
    const ahead = new Set(jumping.map((lag, i) => lag - exact[i]!))
    expect(ahead.size).toBeGreaterThan(5)
    for (const one of ahead) expect(Math.abs(one)).toBeLessThanOrEqual(30e6)
  })
  test('each fault is told when it is made', async () => {
    const log: InjectedFault[] = []
    const chances = Object.fromEntries(faultKinds.map((kind) => [kind, 0.005]))
    const [venue] = simulatedVenues({ symbols: ['BTC/USDT', 'ETH/USDT'], duration: '10m', seed: 1, venues: [{ name: 'a' }] })
    const source = withFaults(venue!, { seed: 4, ...chances, log: (fault) => log.push(fault) })
    const got = await all(source)
    for (const kind of faultKinds) expect(log.filter((one) => one.kind === kind)).toHaveLength(source.faults[kind])
    expect(Math.min(...Object.values(source.faults))).toBeGreaterThan(0)
    expect(got.map(({ tsInit }) => tsInit)).toEqual(got.map(({ tsInit }) => tsInit!).toSorted((a, b) => a - b))
    expect(await all(withFaults(venue!, { seed: 4, ...chances }), 900)).toEqual(got.slice(900))
  })
  test('behind the faults a book is told as the venue’s own, or not at all until a snapshot', async () => {
    const [venue] = simulatedVenues({ symbols: ['BTC/USDT'], duration: '60s', seed: 1, venues: [{ name: 'a' }] })
    const got = await all(withFaults(venue!, { seed: 1, drop: 0.05 }))
    const books = got.filter((input): input is VenueBookInput => input.kind === 'book')
    expect(books.every(({ update, ids }, i) => update === 'snapshot' || ids!.previous === books[i - 1]!.ids!.last)).toBe(true)
    const gaps = got.filter((input) => input.kind === 'gap')
    expect(gaps.length).toBeGreaterThan(3)
    expect(new Set(gaps.map((gap) => gap.kind === 'gap' && gap.reason))).toEqual(new Set(['gap']))
  })
})
