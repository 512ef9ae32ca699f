import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { captureSource } from '../capture-source.ts'
import { feedCheck } from '../feed-check.ts'
import { WireFeed } from '../wire-feed.ts'
import { CoinbaseBookDecoder } from './coinbase-book.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-book-'))
afterAll(() => rmSync(folder, { recursive: true }))

const book = (rest: object) => JSON.stringify({ product: 'BTC-USD', level: 2, captured_at: '2026-08-07T20:04:08Z', sequence: 1, bids: [['64930.57', '0.07705309', 1]], asks: [['64931', '2', 3]], ...rest })
const read = (...lines: string[]) => lines.flatMap((line) => new WireFeed(new CoinbaseBookDecoder()).read(line))

describe('a REST book', () => {
  test('is the whole book at the time of its capture', () => {
    expect(read(book({}))).toEqual([{
      kind: 'book', symbol: 'BTC-USD', eventUs: 1_786_133_048_000_000, update: 'snapshot', bids: [['64930.57', '0.07705309']], asks: [['64931', '2']],
    }])
    expect([{ truncated: true }, { level: 1 }, { l3_depth: 500 }].map((cut) => read(book(cut))[0])).toMatchObject([{ partial: true }, { partial: true }, { partial: true }])
  })

  test('of single orders sums those of a price exactly', () => {
    const bids = [['5', '0.1', 'a'], ['5', '0.20000001', 'b'], ['4', '90071992547', 'c'], ['4', '0.00000001', 'd'], ['3', '0', 'e']]
    expect(read(book({ level: 3, bids, asks: [['6', '1', 'f'], ['6', '2', 'g']] }))).toMatchObject([
      { bids: [['5', '0.30000001'], ['4', '90071992547.00000001']], asks: [['6', '3']] },
    ])
  })

  test('without time, product or levels is a reject', () => {
    const lines = [book({ captured_at: 'now' }), book({ product: 5 }), book({ bids: [['x', '1']] }), book({ bids: 5 })]
    expect(read(...lines).map((event) => 'code' in event && event.code)).toEqual(lines.map(() => 'feed.broken'))
  })

  test('is checked and replayed like a capture, several lines of one file as well', async () => {
    const file = join(folder, 'books.json')
    writeFileSync(file, [book({}), book({ captured_at: '2026-08-07T20:04:09Z', bids: [['64932', '1', 1]] })].join('\n'))
    expect(await feedCheck([file])).toMatchObject([{ venue: 'coinbase', messages: 2, bookMessages: 2, crossed: 1, faults: 0 }])
    const source = captureSource(file)
    const inputs: unknown[] = []
    for await (const some of source.events({ after: undefined, signal: new AbortController().signal })) inputs.push(...[some].flat())
    expect(inputs).toMatchObject([{ kind: 'book', symbol: 'BTC/USD', bids: [[64930.57, 0.07705309]] }, { tsInit: 1_786_133_049_000_000 }])
    new CoinbaseBookDecoder().lose()
  })
})
