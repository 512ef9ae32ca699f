import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { instrument, type MarketInput, type Source, type TapeloomError } from '@tapeloom/core'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { CaptureReader } from './capture-reader.ts'
import { captureSource } from './capture-source.ts'
import { feedCheck } from './feed-check.ts'
import { VENUES } from './venues.ts'
import type { WireEvent, WireLevel } from './venue-decoder.ts'
import { asDigits } from './wire-fields.ts'
import { WireFeed, type WireReject } from './wire-feed.ts'
import { connect, header, received, T0 } from './wire-fixture.ts'
import { decimalsOf, stepsOf, stepWith } from './wire-grid.ts'
import { WireLines } from './wire-lines.ts'
import { SAMPLES } from './wire-samples.ts'
import { isoTimeUs } from './wire-time.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-wire-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
function capture(...lines: string[]): string {
  const file = join(folder, `${++files}.jsonl.gz`)
  writeFileSync(file, gzipSync(`${lines.join('\n')}\n`))
  return file
}
async function all(source: Source, after?: number): Promise<MarketInput[]> {
  const inputs: MarketInput[] = []
  for await (const some of source.events({ after, signal: new AbortController().signal })) inputs.push(...(some as MarketInput[]))
  return inputs
}
const failure = (promise: Promise<unknown>): Promise<TapeloomError> => promise.then(() => expect.unreachable(), (error) => error)

const trades = (...prices: string[]) => [1, prices.map((price) => [price, '0.25', '1699999999.5', 'b', 'l', '']), 'trade', 'XBT/USD']
const snapshot = [2, { as: [['101.50', '1.0', '1699999999']], bs: [['100.25', '2.0', '1699999999']] }, 'book-10', 'XBT/USD']
const wrong = [2, { a: [['101.50', '0', '1699999999.1']], c: '5' }, 'book-10', 'XBT/USD']
const lines = [
  header('KRAKEN'), connect(), ...received([{ event: 'heartbeat' }, snapshot, trades('100.25', '101.5'), wrong, 'x', snapshot, trades('101')]),
]

describe('captureSource', () => {
  test('a line may hold several inputs: each has a number of its own, and the times of venue and receipt', async () => {
    const source = captureSource(capture(...lines))
    const inputs = await all(source)
    expect(inputs.map(({ kind, sourceSequence }) => [kind, sourceSequence])).toEqual([
      ['book', 4], ['trade', 5], ['trade', 6], ['gap', 7], ['reject', 8], ['book', 9], ['trade', 10],
    ])
    expect(inputs[0]).toEqual({
      kind: 'book', symbol: 'BTC/USD', tsEvent: 1_699_999_999e6, tsInit: T0 + 1000, sourceSequence: 4, update: 'snapshot',
      bids: [[100.25, 2]], asks: [[101.5, 1]],
    })
    expect(inputs[2]).toMatchObject({ price: 101.5, quantity: 0.25, aggressor: 'buy', tsEvent: 1_699_999_999.5e6 })
    expect(inputs[3]).toMatchObject({ reason: 'checksum' })
    expect(inputs[4]).toMatchObject({ code: 'feed.broken', raw: 'x', tsInit: T0 + 4000 })
    expect(source.instruments).toMatchObject([{ venue: 'kraken', symbol: 'BTC/USD', kind: 'spot', tickSize: 0.01, lotSize: 0.01 }])
    expect(source.length).toBe(5)
  })

  test('goes on after an input it has already told', async () => {
    const file = capture(...lines)
    const inputs = await all(captureSource(file))
    for (let i = 0; i < inputs.length; i++) expect(await all(captureSource(file), inputs[i]?.sourceSequence)).toEqual(inputs.slice(i + 1))
  })

  test('a second connect of a connection is a gap of the books that came on it', async () => {
    const inputs = await all(captureSource(capture(header('KRAKEN'), connect(), connect('other'), ...received([snapshot]), connect('other'), connect('ws', '', 5), ...received([snapshot]))))
    expect(inputs.map((input) => [input.kind, input.kind === 'gap' && input.reason])).toEqual([['book', false], ['gap', 'reconnect'], ['book', false]])
  })

  test.each([
    ['book', { type: 'l2_updates', symbol: 'BTCUSD', changes: [['buy', '1.25', '1']] }],
    ['trade', { type: 'trade', symbol: 'BTCUSD', event_id: 1, timestamp: 5, price: '1', quantity: '0.5', side: 'buy' }],
  ])('a %s off the grid is a gap that the book does not go on after, and a symbol that cannot be told a reject', (_, offGrid) => {
    const wire = new WireLines('GEMINI', 'x', new Map([['BTCUSD', instrument('BTC/USD', { venue: 'gemini', tickSize: '0.5', lotSize: '1' })]]))
    const book = (symbol: string, price: string) => ({ type: 'l2_updates', symbol, changes: [['buy', price, '1']] })
    const lines = received([book('BTCUSD', '1.5'), offGrid, book('BTCUSD', '2'), book('ODD', '1'), { type: 'heartbeat' }])
    const inputs = lines.flatMap((line, i) => {
      const reader = { whole: () => line } as CaptureReader
      wire.receivedUs(reader)
      return wire.decode(reader, 1 + i)
    })
    expect(inputs).toMatchObject([
      { kind: 'book', bids: [[1.5, 1]] }, { kind: 'gap', reason: 'finer-step', sourceSequence: 2 },
      { kind: 'reject', code: 'feed.symbol', raw: lines[3], tsInit: T0 + 3000 },
    ])
  })

  test('recorded traffic and Binance text merge by receive time', async () => {
    const text = join(folder, 'binance-spot_btcusdt.txt')
    const trade = `{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"5","q":"1","T":1,"m":true}`
    writeFileSync(text, [1_699_999_999, 1_700_000_100].map((s) => `${s}000000000 ${trade}\n`).join(''))
    const source = captureSource(capture(header('KRAKEN'), ...received([trades('100', '101')])), text)
    expect((await all(source)).map(({ symbol, sourceSequence }) => [symbol, sourceSequence])).toEqual([
      ['BTC/USDT', 2], ['BTC/USD', 3], ['BTC/USD', 4], ['BTC/USDT', 5],
    ])
  })

  test('the mark of UTF-8 and empty lines may come before the header, and lines may end as on Windows', async () => {
    const plain = await all(captureSource(capture(...lines)))
    const odd = join(folder, 'marked.jsonl')
    writeFileSync(odd, `\uFEFF\r\n\r\n${lines.join('\r\n')}`)
    const inputs = await all(captureSource(odd))
    expect(inputs).toEqual(plain.map((input) => ({ ...input, sourceSequence: input.sourceSequence! + 2 })))
    expect(await all(captureSource(odd), inputs[2]?.sourceSequence)).toEqual(inputs.slice(3))
    const text = join(folder, 'binance-spot_btcusdt_marked.txt')
    writeFileSync(text, `\uFEFF1699999999000000000 {"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"5","q":"1","T":1,"m":true}\n`)
    expect(await all(captureSource(text))).toMatchObject([{ kind: 'trade', price: 5 }])
  })

  test('an exchange that no decoder reads and a capture without data are named', async () => {
    const unknown = await failure(all(captureSource(capture(header('NOWHERE')))))
    expect([unknown.code, unknown.message]).toEqual(['feed.venue', expect.stringContaining("of 'NOWHERE'")])
    expect((await failure(feedCheck([capture(header('KRAKEN'), connect())]))).code).toBe('feed.format')
  })
})

test('feedCheck counts messages, checksums, gaps, what crosses and what is broken', async () => {
  const crossing = [2, { as: [['99', '1', '1']], bs: [['100', '1', '1']] }, 'book-10', 'XBT/USD']
  const binary = JSON.stringify({ t: 'recv', conn: 'ws', ts: 5, b64: 'AA==' })
  const sent = JSON.stringify({ t: 'send', conn: 'ws', ts: 5, addr: '', data: '{}' })
  const more = [...received([crossing, { event: 'new' }]), binary, sent, connect(), ...received([snapshot]), connect(), 'nonsense', '{"t":"recv"}']
  expect(await feedCheck([capture(...lines, ...more)])).toEqual([
    {
      file: expect.stringMatching(/^\d+\.jsonl\.gz$/), venue: 'kraken', messages: 11, bookMessages: 4, trades: 3,
      checksums: { ok: 0, failed: 1 }, gaps: 2, crossed: 1, top: { ok: 0, total: 0 }, faults: 4,
    },
  ])
})

describe('digits', () => {
  test('become whole steps, exactly up to 2^53, or NaN off the grid', () => {
    const steps = (step: string, digits: string) => {
      const [k = 1, scale = 1] = step === '0.5' ? [5, 10] : [1, Number(`1e${decimalsOf(step)}`)]
      return stepsOf({ k, scale }, digits)
    }
    expect([steps('0.01', '58729.40000'), steps('0.01', '1.005'), steps('0.5', '2.5'), steps('0.5', '2.4')]).toEqual([5_872_940, NaN, 5, NaN])
    expect([steps('0.00000001', '90071992.54740991'), steps('0.00000001', '90071992.54740993')]).toEqual([9_007_199_254_740_991, 9_007_199_254_740_992])
  })
  test('of any number are those that Number reads as the same number', () => {
    fc.assert(fc.property(fc.double({ min: 1e-30, max: 1e30, noNaN: true }), (number) => {
      const digits = asDigits(number)
      expect(digits).toMatch(/^\d+(\.\d+)?$/)
      expect(Number(digits)).toBe(number)
      expect(Number(asDigits(number.toExponential()))).toBe(number)
    }))
  })
  test.each([-1, NaN, '', '-1', '1.', '.5', ' 1', '0x1', null, {}, '1e999', '9'.repeat(70)])('%j has none', (value) => {
    expect(() => asDigits(value)).toThrow('no decimal')
  })
  test('a step has as many decimals as the most that were seen', () => {
    expect([stepWith(0), stepWith(3), decimalsOf('5'), decimalsOf('5.0'), decimalsOf('5.010')]).toEqual(['1', '0.001', 0, 0, 2])
  })
})

test('times are read to the microsecond, whatever comes behind it', () => {
  expect(isoTimeUs('2026-08-09T21:05:48.298032046Z')).toBe(1_786_309_548_298_032)
  expect(isoTimeUs('2021-04-05T18:41:15.7Z')).toBe(1_617_648_075_700_000)
  for (const bad of ['2021', '', 5, '2021-13-45T18:41:15Z']) expect(() => isoTimeUs(bad)).toThrow('no time')
})

describe.each(Object.entries(SAMPLES))('messages of %s, damaged at random', (exchange, samples) => {
  /** Puts something else at one place of a message. */
  const damaged = (value: unknown, [key, ...path]: readonly number[], other: unknown): unknown => {
    if (key === undefined || typeof value !== 'object' || value === null) return other
    const keys = Object.keys(value)
    const chosen = keys[key % Math.max(1, keys.length)]
    return Object.assign(Array.isArray(value) ? [...value] : { ...value }, chosen !== undefined && {
      [chosen]: damaged((value as Record<string, unknown>)[chosen], path, other),
    }) as unknown
  }
  const other = fc.oneof(fc.jsonValue(), fc.constantFrom('-1', '0', '1e3', 'NaN', '', -1, 0, 1.5, 1e300, 'snapshot', 'delete', null))
  const message = fc.oneof(
    fc.constantFrom(...samples),
    fc.tuple(fc.constantFrom(...samples), fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }), other).map(([sample, path, put]) => damaged(sample, path, put)),
    fc.json(),
  )

  /** What no event may be, given the books that live. */
  const wrong = (event: WireEvent | WireReject, live: Set<string>): boolean => {
    if (event.kind === 'reject') return false
    if (!Number.isSafeInteger(event.eventUs)) return true
    // A snapshot may be wrong before there is a book.
    if (event.kind === 'gap') return !live.delete(event.symbol) && event.reason !== 'checksum'
    if (event.kind === 'trade') return !(Number(event.price) > 0 && Number(event.quantity) > 0)
    if (event.kind === 'quote') return !/^\d+(\.\d+)?$/.test(event.bid)
    if (event.update === 'snapshot') live.add(event.symbol)
    const isLevel = ([price, quantity]: WireLevel) => Number(price) > 0 && /^\d+(\.\d+)?$/.test(quantity)
    return !live.has(event.symbol) || ![...event.bids, ...event.asks].every(isLevel)
  }

  test('are read or rejected: digits are digits, times are times, and no change comes without its snapshot', () => {
    fc.assert(fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
      const feed = new WireFeed(VENUES[exchange]!.decoder('x_BTCUSD_y'))
      const live = new Set<string>()
      const events = [connect(), ...received(messages)].flatMap((line) => feed.read(line))
      expect(events.filter((event) => wrong(event, live))).toEqual([])
    }), { numRuns: 400 })
  })
})
