import { defineSource, type MarketInput } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BTC, minute, recording, trade } from '../testing/drive.ts'
import { median } from '../candle/median.ts'
import { InputMerge } from './input-merge.ts'
import { PushedSource } from './pushed-source.ts'
import { ReceiveDelay } from './receive-delay.ts'

async function merged(sources: ReturnType<typeof recording>[]): Promise<{ source: number; input: MarketInput }[]> {
  const merge = new InputMerge(sources)
  const { signal } = new AbortController()
  merge.start(signal)
  const taken: { source: number; input: MarketInput }[] = []
  while (!merge.done) {
    const reader = merge.pick()
    if (!reader) await merge.fill(signal)
    else {
      taken.push({ source: reader.index, input: reader.head as MarketInput })
      reader.take()
      merge.taken(reader.index)
    }
  }
  return taken
}

describe('the merge of sources', () => {
  const stream = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 40 }).map((times) => times.toSorted((a, b) => a - b))
  test('is by time of receipt, then source, then place in the source, whatever the batches', async () => {
    await fc.assert(fc.asyncProperty(fc.array(stream, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 7 }), async (streams, batch) => {
      const all = streams.flatMap((times, source) => times.map((tsInit, place) => ({ source, place, tsInit })))
      const expected = all.toSorted((a, b) => a.tsInit - b.tsInit || a.source - b.source || a.place - b.place)
      const sources = streams.map((times, i) =>
        recording(times.map((tsInit, place) => trade(1, 1, 1, { tsInit, id: String(place) })), { name: `s${i}`, batch }))
      const found = (await merged(sources)).map(({ source, input }) => ({ source, place: Number((input as { id: string }).id), tsInit: input.tsInit }))
      expect(found).toEqual(expected)
    }), { numRuns: 50 })
  })

  test('puts the shorter of candles of one time first', async () => {
    const five = { ...minute(0, 100), timeframe: '5m', tsEvent: 300e6 } as MarketInput
    const odd = { ...minute(0, 100), timeframe: 'x', tsEvent: 300e6 } as MarketInput
    const found = await merged([recording([five], { name: 'a' }), recording([minute(4, 100)], { name: 'b' }), recording([odd], { name: 'c' })])
    expect(found.map(({ source }) => source)).toEqual([2, 1, 0])
  })

  test('throws what a source threw, after what it gave before', async () => {
    const broken = defineSource({
      name: 'broken', instruments: [BTC],
      async *events() {
        yield trade(1, 1)
        throw new Error('the file ended')
      },
    })
    const merge = new InputMerge([broken])
    const { signal } = new AbortController()
    merge.start(signal)
    await merge.fill(signal)
    expect(merge.pick()?.head).toMatchObject({ tsEvent: 1 })
    merge.pick()?.take()
    expect(() => merge.pick()).toThrow('the file ended')
  })

  test('reads on from a source that gives faster than it is taken', async () => {
    const many = Array.from({ length: 70_000 }, (_, i) => trade(i, 1))
    expect((await merged([recording(many, { batch: 1000 })])).length).toBe(70_000)
  })

  test('ends a wait when it is told to', async () => {
    const silent = defineSource({ name: 'silent', instruments: [BTC], live: true, async *events({ signal }) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    } })
    const merge = new InputMerge([silent])
    const stop = new AbortController()
    merge.start(stop.signal)
    expect(merge.pick()).toBeUndefined()
    expect(merge.live).toBe(true)
    const waiting = merge.fill(stop.signal)
    stop.abort()
    await waiting
    merge.stop()
    await merge.fill(stop.signal)
    expect(merge.done).toBe(true)
  })
})

test('a pushed source goes on behind what was acknowledged, and ends with a replay', async () => {
  const pushed = new PushedSource([BTC], [], {})
  pushed.push([trade(1, 1), trade(2, 1, 1, { sourceSequence: 9 }), trade(3, 1), trade(4, 1, 1, { sourceSequence: 4 })])
  const found: unknown[] = []
  for await (const inputs of pushed.events({ after: 5, signal: new AbortController().signal })) found.push(...inputs)
  expect(found.map((one) => [(one as { tsEvent: number }).tsEvent, (one as { sourceSequence: number }).sourceSequence])).toEqual([[1, 6], [2, 9], [3, 10]])
})

test('a pushed source of a live run waits for more', async () => {
  const pushed = new PushedSource([BTC], [], {})
  pushed.live = true
  const stop = new AbortController()
  const events = pushed.events({ after: undefined, signal: stop.signal })
  const first = events.next()
  pushed.push([trade(1, 1)])
  expect((await first).value).toHaveLength(1)
  const end = events.next()
  stop.abort()
  expect((await end).done).toBe(true)
})

test('the median is the middle of any sample', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 }), (sample) => {
    expect(median(Float64Array.from(sample))).toBe(sample.toSorted((a, b) => a - b)[(sample.length - 1) >> 1])
  }))
  expect(median(new Float64Array(0))).toBeNaN()
})

test('a receive delay is the median of each thousand inputs, and survives a snapshot', () => {
  const [delay, copy] = [new ReceiveDelay(), new ReceiveDelay()]
  const add = (to: ReceiveDelay, us: number) => to.add(Float64Array.of(0, us), 0, 1)
  for (let i = 0; i < 999; i++) expect(add(delay, i)).toBe(false)
  expect(delay.medianUs).toBe(0)
  copy.restore(delay.snapshot())
  expect([add(delay, 1e9), add(copy, 1e9)]).toEqual([true, true])
  expect([delay.medianUs, copy.medianUs]).toEqual([499, 499])
})
