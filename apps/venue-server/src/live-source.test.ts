import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCli } from '@tapeloom/cli'
import { instrument, type MarketInput } from '@tapeloom/core'
import { binance, bybit, captureSource, kraken, type LiveOptions, type LiveSource } from '@tapeloom/feeds'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { finalBooks, workFolder, writeConfig } from './live-run.ts'
import { startVenueServer, type VenueServerOptions } from './venue-server.ts'

const quick = { silence: '200ms', backOff: { first: '2ms', most: '20ms', stable: '50ms' } } as const

function folderOf(): string {
  const folder = workFolder()
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes Bybit traffic, v5: a book whose best prices wander, and trades. */
function bybitCapture(folder: string, updates: number): string {
  const firstMs = 1_700_000_000_000
  const at = (i: number, data: object) => ({ t: 'recv', conn: 'ws', ts: (firstMs + 10 * i) / 1000, data: JSON.stringify(data) })
  const change = (i: number, type: string, b: readonly unknown[], a: readonly unknown[]) =>
    at(i, { topic: 'orderbook.200.BTCUSDT', type, ts: firstMs + 10 * i, cts: firstMs + 10 * i, data: { s: 'BTCUSDT', b, a, u: 100 + i, seq: 7 * i } })
  const levels = Array.from({ length: 50 }, (_, i) => i + 1)
  const lines: object[] = [
    { t: 'header', format: 2, exchange: 'BYBIT' },
    { t: 'connect', conn: 'ws', ts: firstMs / 1000, addr: 'wss://stream.bybit.com/v5/public/spot' },
    change(0, 'snapshot', levels.map((i) => [(100 - i / 2).toFixed(1), `${i}`]), levels.map((i) => [(100 + i / 2).toFixed(1), `${i}.5`])),
  ]
  for (let i = 1; i <= updates; i++) {
    const price = (k: number) => (100 + k / 2).toFixed(1)
    lines.push(change(i, 'delta', [[price(-1 - (i % 7)), `${i % 5}`]], [[price(1 + (i % 9)), `${(i * 3) % 4}`]]))
    const trade = { T: firstMs + 10 * i, s: 'BTCUSDT', S: i % 2 === 0 ? 'Buy' : 'Sell', v: '0.5', p: '100', i: `t${i}` }
    if (i % 10 === 0) lines.push(at(i, { topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: firstMs + 10 * i, data: [trade] }))
  }
  const file = join(folder, 'bybit_BTC-USDT.jsonl')
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return file
}

/** Collects what a source yields until `enough`. */
async function collect(source: LiveSource, enough: (inputs: readonly MarketInput[]) => boolean): Promise<readonly MarketInput[]> {
  const [inputs, abort] = [[] as MarketInput[], new AbortController()]
  const watching = (async () => {
    let isEnough = false
    for (let i = 0; i < 2000 && !isEnough; i++) {
      await sleep(5)
      isEnough = enough(inputs)
    }
    abort.abort()
    return isEnough
  })()
  for await (const some of source.events({ after: undefined, signal: abort.signal })) inputs.push(...(some as readonly MarketInput[]))
  expect(await watching).toBe(true)
  return inputs
}

async function venue(options: VenueServerOptions) {
  const server = await startVenueServer(options)
  onTestFinished(() => server.close())
  return server
}

test('Bybit v5: a book outlives disconnects, left out messages and half-open connections', async () => {
  const capture = bybitCapture(folderOf(), 600)
  const server = await venue({ capture, venue: 'bybit', speed: 4, faults: { disconnects: 5, gaps: 6, halfOpens: 1 }, seed: 3 })
  const log: string[] = []
  const source = bybit({ symbols: ['BTC/USDT'], urls: server.urls, ...quick, log: (message) => log.push(message) })
  await source.prepare?.()
  let played = false
  void server.done.then(() => (played = true))
  const inputs = await collect(source, () => played && source.status().state === 'live' && source.status().booksAwaited.length === 0)
  const replayed = { name: 'x', live: false, instruments: source.instruments, async *events() { yield inputs } }
  const [ours, truth] = [await finalBooks(replayed), await finalBooks(captureSource(capture))]
  expect(ours.get('BTC/USDT')).toEqual(truth.get('BTC/USDT'))
  expect(inputs.filter(({ kind }) => kind === 'gap').length).toBeGreaterThanOrEqual(6)
  expect(source.status()).toMatchObject({ disconnects: expect.any(Number) as number, clockOffsetMs: expect.any(Number) as number })
  expect(source.status().disconnects).toBeGreaterThanOrEqual(6)
  expect(log.filter((line) => line.includes('BTCUSDT: its book is lost (desync)')).length).toBeLessThanOrEqual(server.counts.leftOut)
})

/** A venue that accepts connections and says nothing, or what it is told to. */
async function silentVenue(
  said: readonly (string | Buffer)[] = [], status = 200, body = '{}',
): Promise<{ readonly urls: NonNullable<LiveOptions['urls']> }> {
  const http: Server = createServer((_, response) => void response.writeHead(status, status === 429 ? { 'retry-after': '0.01' } : {}).end(body))
  const sockets = new WebSocketServer({ server: http })
  sockets.on('connection', (socket) => said.forEach((text) => socket.send(text)))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const client of sockets.clients) client.terminate()
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  const { port } = http.address() as AddressInfo
  return { urls: { socket: `ws://127.0.0.1:${port}`, rest: `http://127.0.0.1:${port}` } }
}
const given = [instrument('BTC/USD', { venue: 'x', tickSize: '0.1', lotSize: '0.001' })]

test('a connection that says nothing is told as connected without data, closed and made anew, with a gap between', async () => {
  const { urls } = await silentVenue()
  const log: string[] = []
  const source = kraken({ symbols: ['BTC/USD'], urls, instruments: given, ...quick, silence: '40ms', log: (message) => log.push(message) })
  await source.prepare?.()
  const states = new Set<string>()
  const inputs = await collect(source, (found) => states.add(source.status().state) && found.length >= 2)
  expect(inputs[0]).toMatchObject({ kind: 'gap', symbol: 'BTC/USD', reason: 'disconnect: connected but no data for 40 ms' })
  expect([...states]).toContain('connected')
  expect(log).toContain('[live kraken] connected.')
  expect(log.join()).toMatch(/connected but no data for 40 ms; next attempt in \d+ ms\./)
})

test('frames that are no text, and texts that are no message, are rejects; the capture keeps them', async () => {
  const { urls } = await silentVenue([Buffer.from([1, 2, 3]), 'nonsense'])
  const lines: string[] = []
  const source = kraken({ symbols: ['BTC/USD'], urls, instruments: given, ...quick, capture: (line) => lines.push(line) })
  await source.prepare?.()
  const inputs = await collect(source, (found) => found.length >= 2)
  expect(inputs.slice(0, 2)).toMatchObject([{ kind: 'reject', code: 'feed.binary' }, { kind: 'reject', code: 'feed.broken', raw: 'nonsense' }])
  expect(lines.map((line) => (JSON.parse(line) as { t: string }).t).slice(0, 6)).toEqual(['header', 'connect', 'send', 'send', 'recv', 'recv'])
  expect(JSON.parse(lines[4]!)).toMatchObject({ b64: 'AQID' })
})

test('a trade of a finer step than was told loses the book for good, unless a new one is asked for', async () => {
  const book = JSON.stringify([1, { as: [['101.0', '1', '1.5']], bs: [['100.0', '1', '1.5']] }, 'book-1000', 'XBT/USD'])
  const trade = JSON.stringify([1, [['100.05', '0.5', '2.5', 'b', 'l', '']], 'trade', 'XBT/USD'])
  const { urls } = await silentVenue([book, trade])
  const [log, lines] = [[] as string[], [] as string[]]
  const source = kraken({
    symbols: ['BTC/USD'], urls, instruments: given, ...quick, silence: '10s',
    log: (message) => log.push(message), capture: (line) => lines.push(line),
  })
  await source.prepare?.()
  const inputs = await collect(source, () => lines.some((line) => line.includes('unsubscribe')))
  expect(inputs.map(({ kind }) => kind)).toEqual(['book', 'gap'])
  expect(inputs[1]).toMatchObject({ reason: 'finer-step' })
  expect(log).toContain('[live kraken] XBT/USD: its book is lost (finer-step), a new snapshot is asked for.')
})

test('as many connections as the venue allows, and it is said that the next must wait', async () => {
  const log: string[] = []
  const gone = { socket: 'ws://127.0.0.1:9' }
  const source = kraken({ symbols: ['BTC/USD'], urls: gone, instruments: given, backOff: { first: '1ms', most: '1ms' }, log: (message) => log.push(message) })
  await source.prepare?.()
  await collect(source, () => log.some((line) => line.includes('no attempt')))
  expect(log.filter((line) => line.includes('could not connect')).length).toBe(150)
  expect(log.at(-1)).toMatch(/^\[live kraken\] no attempt for (59\d|600) s: the venue allows 150 in 600 s\.$/)
})

test('a subscription that is refused is said and counted, as is all that is not understood', async () => {
  const refused = '{"event":"subscriptionStatus","status":"error","errorMessage":"Currency pair not supported XBT/USD"}'
  const { urls } = await silentVenue([refused])
  const log: string[] = []
  const source = kraken({ symbols: ['BTC/USD'], urls, instruments: given, ...quick, log: (message) => log.push(message) })
  await source.prepare?.()
  const inputs = await collect(source, (found) => found.length > 0)
  expect(inputs[0]).toMatchObject({ kind: 'reject', code: 'feed.unknown', raw: refused })
  expect(log).toContain(`[live kraken] feed.unknown: ${refused}.`)
})

test.each([
  [{ socket: 'nonsense' }, "urls.socket is 'nonsense'. Give an address such as 'wss://venue.example'."],
  [{ rest: 'ws://x' }, "urls.rest is 'ws://x'. Give an address such as 'https://venue.example'."],
  [{ socket: 'wss://' }, "urls.socket is 'wss://'."],
])('%j is refused before anything runs', (urls, message) => {
  expect(() => kraken({ symbols: ['BTC/USD'], urls })).toThrow(expect.objectContaining({ code: 'live.urls', message: expect.stringContaining(message) as string }))
})

test('a snapshot that cannot be had is asked for again and again, and said', async () => {
  const { urls } = await silentVenue([], 429)
  const log: string[] = []
  const btc = { ...given[0]!, symbol: 'BTC/USDT' as const }
  const source = binance({ symbols: ['BTC/USDT'], urls, instruments: [btc], ...quick, silence: '10s', log: (message) => log.push(message) })
  await source.prepare?.()
  await collect(source, () => log.length >= 4)
  expect(log.filter((line) => line.includes('BTCUSDT: its snapshot could not be had (429 Too Many Requests)')).length).toBeGreaterThanOrEqual(3)
  expect(source.status().resyncs).toBeGreaterThanOrEqual(3)
})

test('a venue that is not there, or does not list a symbol, is told before the run', async () => {
  const gone = { socket: 'ws://127.0.0.1:9', rest: 'http://127.0.0.1:9' }
  await expect(kraken({ symbols: ['BTC/USD'], urls: gone, ...quick }).prepare?.()).rejects.toMatchObject({
    code: 'live.instruments', message: expect.stringMatching(/gives no instruments at http:\/\/127.0.0.1:9\/.*Check the network/) as string,
  })
  const { urls } = await silentVenue([], 200, '{"result":{}}')
  await expect(kraken({ symbols: ['BTC/USD'], urls, ...quick }).prepare?.()).rejects.toMatchObject({ code: 'live.instruments', message: expect.stringContaining('does not list XBT/USD') as string })
  const odd = await silentVenue([], 200, 'no json')
  await expect(kraken({ symbols: ['BTC/USD'], urls: odd.urls, ...quick }).prepare?.()).rejects.toMatchObject({ code: 'live.instruments' })
  const log: string[] = []
  const source = kraken({ symbols: ['BTC/USD'], urls: gone, instruments: given, ...quick, log: (message) => log.push(message) })
  await collect(source, () => log.length >= 3)
  expect(log[0]).toMatch(/^\[live kraken\] could not connect; next attempt in \d+ ms\.$/)
  expect(source.status()).toMatchObject({ connections: 0, disconnects: 0 })
})

test('tapeloom run follows a live venue until Ctrl-C and keeps what it heard', async () => {
  const folder = folderOf()
  const server = await venue({ capture: bybitCapture(folder, 300), venue: 'bybit', speed: 4 })
  const config = writeConfig(folder, 'bybit', ['BTC/USDT'], server, { silence: '10s' })
  const texts = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({ write: (text: string) => (texts[name] += text) })
  const running = runCli(['run', config, '--json'], { stdout: stream('out'), stderr: stream('err'), env: {} })
  await server.done
  await sleep(300)
  process.emit('SIGINT')
  expect(await running).toBe(0)
  expect(JSON.parse(texts.out)).toMatchObject({ events: { book: 301, trade: 30 }, interrupted: true })
  expect(texts.err).toContain('[live bybit] spot:BTCUSDT: its book is live.')
  expect(texts.err).toContain('stopping: what was done is being written')
})
