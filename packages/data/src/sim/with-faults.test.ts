import { defineSource, type MarketInput, type Source } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { BookMemory } from './book-memory.ts'
import { simulatedMarket, withFaults } from './index.ts'

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
  test.each(['drop', 'duplicate', 'reorder', 'disconnect'] as const)('%s outside [0, 1] is an error', (kind) => {
    expect(() => withFaults(market(), { seed: 1, [kind]: 1.5 })).toThrow(`[withFaults] ${kind} 1.5 is not in [0, 1]`)
    expect(() => withFaults(market(), { seed: 1, [kind]: NaN })).toThrow(`${kind} NaN`)
  })
})
