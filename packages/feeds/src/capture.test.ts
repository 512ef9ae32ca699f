import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { BookMessage, MarketInput, Source, TapeloomError } from '@tapeloom/core'
import { afterAll, describe, expect, test } from 'vitest'
import { captureSource } from './capture-source.ts'
import { feedCheck } from './feed-check.ts'
import { lineBlocks } from './line-blocks.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-feeds-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
/** Writes a capture; `name` is kept, in a folder of its own. */
function capture(text: string | Buffer, name = 'binance-spot_btcusdt_x.txt.gz'): string {
  const file = join(mkdtempSync(join(folder, `${++files}-`)), name)
  writeFileSync(file, name.endsWith('.gz') && typeof text === 'string' ? gzipSync(text) : text)
  return file
}

const at = (ms: number) => `${1_700_000_000_000 + ms}000000`
const line = (ms: number, data: object, stream = 'btcusdt@x') => `${at(ms)} ${JSON.stringify({ stream, data })}`
type Side = [string, string][]
const depth = (ms: number, U: number, u: number, b: Side, a: Side = [], s = 'BTCUSDT') =>
  line(ms, { e: 'depthUpdate', E: 1_700_000_001_000 + ms, s, U, u, b, a })
const trade = (ms: number, t: number, p: string, q: string, m = false, s = 'BTCUSDT') =>
  line(ms, { e: 'trade', E: 1_700_000_001_000 + ms, s, t, p, q, T: 1_700_000_001_000 + ms, m, M: true })
const quote = (ms: number, u: number, b: string, B: string, a: string, A: string) => line(ms, { u, s: 'BTCUSDT', b, B, a, A })
const snapshot = (ms: number, lastUpdateId: number, bids: Side, asks: Side) => `${at(ms)} ${JSON.stringify({ lastUpdateId, bids, asks })}`
const text = (...lines: string[]) => `${lines.join('\n')}\n`

async function all(source: Source, after?: number): Promise<MarketInput[]> {
  const inputs: MarketInput[] = []
  for await (const some of source.events({ after, signal: new AbortController().signal })) {
    inputs.push(...(Array.isArray(some) ? (some as MarketInput[]) : [some as MarketInput]))
  }
  return inputs
}
const failure = (promise: Promise<unknown>): Promise<TapeloomError> => promise.then(() => expect.unreachable(), (error) => error)

const small = text(
  depth(0, 8, 9, [['99.0', '5']]),
  depth(1, 10, 12, [['100.0', '2.5'], ['80.00', '7']]),
  trade(2, 71, '100.50', '0.001', true),
  snapshot(3, 11, [['100.0', '1'], ['98.0', '4']], [['101.0', '1.25'], ['102.0', '3']]),
  depth(4, 13, 13, [], [['101.0', '0']]),
  quote(5, 13, '100.0', '2.5', '102.0', '3'),
)

describe('captureSource', () => {
  test('yields trades and a book that begins with the snapshot, updates before it applied', async () => {
    const source = captureSource(capture(small))
    const inputs = await all(source)
    const symbol = 'BTC/USDT'
    expect(inputs).toEqual([
      {
        kind: 'trade', symbol, tsEvent: 1_700_000_001_002e3, tsInit: 1_700_000_000_002e3, sourceSequence: 3,
        price: 100.5, quantity: 0.001, aggressor: 'sell', id: '71',
      },
      {
        kind: 'book', symbol, tsEvent: 1_700_000_001_002e3, tsInit: 1_700_000_000_003e3, sourceSequence: 4, update: 'snapshot',
        bids: [[100, 2.5], [98, 4], [80, 7]], asks: [[101, 1.25], [102, 3]],
      },
      {
        kind: 'book', symbol, tsEvent: 1_700_000_001_004e3, tsInit: 1_700_000_000_004e3, sourceSequence: 5, update: 'delta',
        bids: [], asks: [[101, 0]],
      },
    ])
    expect(source.live).toBe(false)
    expect(source.name).toBe('binance-spot_btcusdt_x.txt.gz')
  })

  test('venue and symbol come from the file, tick and lot from the most decimals', async () => {
    const source = captureSource(capture(small))
    await source.prepare?.()
    expect(source.instruments).toMatchObject([{ venue: 'binance-spot', symbol: 'BTC/USDT', kind: 'spot', tickSize: 0.1, lotSize: 0.001 }])
    const futures = captureSource(capture(line(0, { e: 'depthUpdate', E: 1, T: 1, s: 'BTCUSDT', U: 1, u: 2, pu: 0, b: [['5', '1']], a: [] }), 'any.txt'))
    await futures.prepare?.()
    expect(futures.instruments).toMatchObject([{ venue: 'binance-usdm', symbol: 'BTC/USDT:USDT', kind: 'linear', tickSize: 1 }])
  })

  test('goes on after a line it has already told', async () => {
    const file = capture(small)
    expect(await all(captureSource(file), 4)).toEqual((await all(captureSource(file))).slice(2))
  })

  test('a cut-off snapshot is partial, and what lies beyond it is told with the next update', async () => {
    const side = (from: number, step: number): Side => Array.from({ length: 20 }, (_, i) => [`${from + step * i}`, '1'])
    const file = capture(text(depth(0, 1, 5, [['50', '7'], ['90', '2']], [['150', '3']]), snapshot(1, 3, side(100, -1), side(101, 1)), depth(2, 6, 6, [['50', '8']])))
    const [first, second] = (await all(captureSource(file))) as BookMessage[]
    expect(first).toMatchObject({ update: 'snapshot', partial: true })
    expect([first?.bids.length, first?.asks.length, first?.bids[10]]).toEqual([20, 20, [90, 2]])
    expect(second).toMatchObject({ update: 'delta', bids: [[50, 7], [50, 8]], asks: [[150, 3]] })
  })

  test('a missing update is a gap; the book goes on from the next snapshot', async () => {
    const inputs = await all(captureSource(capture(text(
      snapshot(0, 10, [['100', '1']], [['101', '1']]), depth(1, 11, 11, [['99', '1']]), depth(2, 13, 14, [['98', '1']]),
      depth(3, 15, 15, [['97', '1']]), snapshot(4, 12, [['100', '1']], [['101', '1']]), depth(5, 16, 16, [['96', '1']]),
    ))))
    expect(inputs.map(({ kind, sourceSequence }) => [kind, sourceSequence])).toEqual([['book', 1], ['book', 2], ['gap', 3], ['book', 5], ['book', 6]])
    expect(inputs[2]).toMatchObject({ reason: 'desync' })
    expect(inputs[3]).toMatchObject({ update: 'snapshot', bids: [[100, 1], [98, 1], [97, 1]] })
  })

  test('a snapshot that comes while the book is live is a gap when waiting updates do not continue it', async () => {
    const inputs = await all(captureSource(capture(text(
      depth(0, 20, 20, [['99', '1']]), snapshot(1, 10, [['100', '1']], [['101', '1']]), snapshot(2, 19, [['100', '1']], [['101', '1']]),
      snapshot(3, 30, [['90', '1']], [['91', '1']]),
    ))))
    expect(inputs.map((input) => input.kind === 'book' && input.bids)).toEqual([[[100, 1], [99, 1]], [[90, 1]]])
  })

  test('lines that cannot be read are rejects with their text; empty lines only count', async () => {
    const inputs = await all(captureSource(capture(text(
      trade(0, 1, '100.5', '1'), 'nonsense', '', `${at(3)} {"result":null}`, trade(4, 2, '9', '1', false, 'FOO'), trade(5, 3, '100.25', '1'),
    ))))
    expect(inputs.map((input) => [input.kind, input.sourceSequence, input.kind === 'reject' && input.code])).toEqual([
      ['trade', 1, false], ['reject', 2, 'feed.broken'], ['reject', 4, 'feed.unknown'], ['reject', 5, 'feed.symbol'], ['trade', 6, false],
    ])
    expect(inputs[1]).toMatchObject({ raw: 'nonsense', symbol: 'BTC/USDT' })
    expect(inputs[2]).toMatchObject({ tsInit: 1_700_000_000_003e3 })
  })

  test('the finest step counts, wherever in the file it comes', async () => {
    const plain = Array.from({ length: 9000 }, (_, i) => trade(i, i, '100.5', '1'))
    const source = captureSource(capture(text(...plain, trade(9000, 1, '100.5', '0.00000001'))))
    await source.prepare?.()
    expect(source.instruments).toMatchObject([{ tickSize: 0.1, lotSize: 1e-8 }])
    expect(source.length).toBe(9001)
  })

  test('files are merged by receive time, and those of one symbol share its book', async () => {
    const eth = capture(text(trade(1, 5, '20.55', '1', false, 'ETHUSDT'), trade(3, 6, '20.5', '1', false, 'ETHUSDT')), 'binance-spot_ethusdt_1.txt.gz')
    const [one, two] = [
      capture(text(snapshot(0, 10, [['100', '1']], [['101', '1']]), trade(2, 1, '100', '1'))),
      capture(text(depth(4, 11, 11, [['99.5', '0.1']]), trade(5, 2, '100', '1'))),
    ]
    const source = captureSource(one, eth, two)
    const inputs = await all(source)
    expect(inputs.map(({ kind, symbol, sourceSequence }) => [kind, symbol, sourceSequence])).toEqual([
      ['trade', 'ETH/USDT', 2], ['trade', 'BTC/USDT', 3], ['trade', 'ETH/USDT', 4], ['book', 'BTC/USDT', 5], ['trade', 'BTC/USDT', 6],
    ].map((row, i) => (i === 0 ? row : row)).toSpliced(0, 0, ['book', 'BTC/USDT', 1]))
    expect(source.instruments).toMatchObject([{ symbol: 'BTC/USDT', tickSize: 0.1, lotSize: 0.1 }, { symbol: 'ETH/USDT', tickSize: 0.01 }])
  })

  test('stops when it is told to', async () => {
    const controller = new AbortController()
    controller.abort()
    for await (const _ of captureSource(capture(small)).events({ after: undefined, signal: controller.signal })) expect.unreachable()
  })
})

describe('broken files', () => {
  const many = text(...Array.from({ length: 30_000 }, (_, i) => trade(i, i, `${100 + (i % 977) / 100}`, `${1 + ((i * i) % 9973)}.5`)))

  test('of a truncated gzip all whole lines are delivered, then an error names file and byte', async () => {
    const whole = gzipSync(many)
    const file = capture(whole.subarray(0, 100_000))
    const inputs: MarketInput[] = []
    const run = async () => {
      for await (const some of captureSource(file).events({ after: undefined, signal: new AbortController().signal })) inputs.push(...(some as MarketInput[]))
    }
    const error = await failure(run())
    expect(error).toMatchObject({ name: 'TapeloomError', code: 'feed.truncated' })
    expect(error.message).toContain(`[feed '${file}'] the gzip data breaks off at byte 100000, in line ${inputs.length + 1}`)
    expect(inputs.length).toBeGreaterThan(5000)
    expect(inputs.at(-1)).toMatchObject({ kind: 'trade', id: String(inputs.length - 1) })
    expect((await failure(feedCheck([file]))).code).toBe('feed.truncated')
  })

  test('damage inside a gzip is an error too', async () => {
    const whole = gzipSync(many)
    whole.fill(0xff, 150_000, 150_100)
    const run = async () => {
      let lines = 0
      for await (const { bytes } of lineBlocks(capture(whole))) lines += bytes.length
      return lines
    }
    expect((await failure(run())).code).toBe('feed.truncated')
  })

  test('a survey of a truncated file takes what is there', async () => {
    const source = captureSource(capture(gzipSync(many).subarray(0, 9000)))
    await source.prepare?.()
    expect(source.instruments).toMatchObject([{ symbol: 'BTC/USDT' }])
  })

  test('a missing file, a folder and a file of something else are named', async () => {
    expect(await failure(all(captureSource(join(folder, 'absent.gz'))))).toMatchObject({ code: 'feed.file', message: expect.stringContaining('absent.gz') })
    expect((await failure(feedCheck([folder]))).code).toBe('feed.file')
    const other = await failure(feedCheck([capture('a,b\n1,2\n', 'x.csv')]))
    expect(other.code).toBe('feed.format')
    expect((await failure(feedCheck([capture('', 'empty.txt')]))).code).toBe('feed.format')
    expect((await failure(feedCheck([capture(text(trade(0, 1, '1', '1', false, 'FOO')), 'x.txt')]))).code).toBe('feed.format')
  })

  test('a file without line feeds does not fill the memory', async () => {
    const file = capture(gzipSync(Buffer.alloc(20 * 1024 * 1024, 'x')))
    expect((await failure(feedCheck([file]))).code).toBe('feed.line')
  })

  test('plain text is read as well, with or without a last line feed', async () => {
    expect(await all(captureSource(capture(small.trimEnd(), 'binance-spot_b.txt')))).toEqual(await all(captureSource(capture(small))))
  })
})

describe('feedCheck', () => {
  test('counts, compares the best with the quotes, and finds faults', async () => {
    const file = capture(text(
      ...small.trimEnd().split('\n'), 'nonsense', depth(6, 14, 14, [['100.0', '3']]), quote(7, 14, '100.0', '9', '102.0', '3'),
      trade(8, 72, '0', '1'), trade(9, 73, '5', '1', false, 'FOO'), quote(10, 15, '1', '1', '2', '1'), `${at(11)} {}`,
    ))
    expect(await feedCheck([file])).toEqual([
      {
        file: 'binance-spot_btcusdt_x.txt.gz', venue: 'binance-spot', messages: 13, bookMessages: 5, trades: 2,
        checksums: { ok: 0, failed: 0 }, gaps: 0, crossed: 0, top: { ok: 1, total: 2 }, faults: 3,
      },
    ])
  })

  test('a book update that crosses, one that is missing and one that cannot be are counted', async () => {
    const fresh = (ms: number, id: number) => snapshot(ms, id, [['100', '1']], [['101', '1']])
    const file = capture(text(
      fresh(0, 10), depth(1, 11, 11, [['102', '1']]), fresh(2, 20), depth(3, 22, 22, [['99', '1']]), fresh(4, 30),
      `${at(5)} {"e":"depthUpdate","E":1,"s":"BTCUSDT","U":31,"u":31,"b":[["99","-1"]],"a":[]}`,
    ))
    expect(await feedCheck([file])).toMatchObject([{ gaps: 1, crossed: 1, faults: 1, top: { ok: 0, total: 0 } }])
  })

  test('a later file of the same symbol goes on with the book', async () => {
    const one = capture(text(quote(0, 9, '99', '1', '101', '1'), snapshot(0, 10, [['100', '1']], [['101', '1']])))
    const two = capture(text(quote(1, 10, '100', '1', '101', '1'), depth(2, 11, 11, [['99', '1']])))
    expect((await feedCheck([one, two]))[1]).toMatchObject({ gaps: 0, top: { ok: 1, total: 1 } })
    expect((await feedCheck([two]))[0]).toMatchObject({ top: { ok: 0, total: 0 } })
  })
})

const l2 = `${process.env['TAPELOOM_DATA'] ?? '../shared/data'}/l2`
const absent = !existsSync(l2)
if (absent) console.warn(`Skipped: ${l2} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)

describe.skipIf(absent)('recorded Binance captures', () => {
  test.each([
    ['spot_btcusdt', 41_249, 3452, 9757, 3448],
    ['usdm_btcusdt', 93_954, 6552, 21_313, 6545],
    ['spot_ethusdt', 33_618, 3435, 6106, 3432],
    ['usdm_ethusdt', 74_655, 6587, 14_076, 6579],
  ])('%s: every book equals the prevailing best quote, and nothing is missing', async (name, messages, bookMessages, trades, total) => {
    const [row] = await feedCheck([`${l2}/binance-${name}_20240808.txt.gz`])
    expect(row).toMatchObject({ messages, bookMessages, trades, gaps: 0, crossed: 0, faults: 0, top: { ok: total, total } })
  }, 60_000)

  test.each(['spot', 'usdm'])('%s: a removed line is found at the next update', async (market) => {
    const lines = gunzipSync(readFileSync(`${l2}/binance-${market}_btcusdt_20240808.txt.gz`)).toString().split('\n')
    const updates = lines.flatMap((one, i) => (one.includes('@depth') ? [i] : []))
    const removed = updates[1000] ?? 0
    const file = capture(lines.toSpliced(removed, 1).join('\n'), `binance-${market}_btcusdt_x.txt`)
    expect(await feedCheck([file])).toMatchObject([{ gaps: 1 }])
    const gap = (await all(captureSource(file))).find(({ kind }) => kind === 'gap')
    expect(gap?.sourceSequence).toBe(updates[1001]) // the line's number is its index + 1, less the removed one
  }, 60_000)
})
