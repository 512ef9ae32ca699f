import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import type { Store } from '@tapeloom/core'
import { candleSource } from '@tapeloom/data'
import { checkConfig } from './check-config.ts'
import { moduleText, projectFolder } from './config-fixture.ts'
import { ConfigurableOrchestrator } from './configurable-orchestrator.ts'
import { loadSources } from './load-sources.ts'

const own = `
import { defineSource, instrument } from '@tapeloom/core'
export const ticks = (count) => defineSource({
  name: 'own', instruments: [instrument('BTC/USDT', { venue: 'own', tickSize: '0.5', lotSize: '1' })],
  async *events() {
    for (let i = 0; i < count; i++) yield { kind: 'trade', symbol: 'BTC/USDT', tsEvent: i * 1e6, price: 100, quantity: 1, aggressor: 'buy' }
  },
})
`

test('a source of the user’s is made from its options', async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [] }\ndata: { sources: [{ use: ./own.ts, options: 12 }] }', 'own.ts': own })
  const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'c.yaml'))
  expect(orchestrator.plan.sources).toEqual(['own'])
  expect((await orchestrator.run()).events.trade).toBe(12)
  await orchestrator.stop()
})

test('files are looked up from the folder of the configuration, and read when it runs', async () => {
  const folder = projectFolder({
    'in/c.yaml': `
orchestrator: { modules: [] }
data: { sources: [{ parquet: ../x_BTCUSDT_1m_a_b.parquet, venue: y }, { capture: [../z.txt] }, ../own.ts#fixed], journal: ../log, store: ../run.duckdb }
`, 'x_BTCUSDT_1m_a_b.parquet': '', 'z.txt': '', 'own.ts': `${own}export const fixed = ticks(1)`,
  }, ['feeds', 'store-duckdb'])
  const { plan, errors } = await checkConfig(join(folder, 'in/c.yaml'))
  expect(errors).toEqual([])
  expect(plan?.sources).toHaveLength(3)
  expect(plan?.store).toBe(join(folder, 'run.duckdb'))
})

test('sources and store of the caller take the place of those in the file, which are not looked at', async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [./low.ts] }\ndata: { sources: [{ parquet: [gone.parquet] }], store: away/x.duckdb, journal: log }', 'low.ts': moduleText('low') })
  const candles = Array.from({ length: 5 }, (_, i) => ({ openTime: i * 60e6, open: 1, high: 2, low: 1, close: 2, volume: 1 }))
  const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'c.yaml'), { sources: [candleSource('BTC/USDT', '1m', candles)], store: 'memory' })
  await orchestrator.run()
  expect(orchestrator.getFeatures('BTC/USDT').values['low.seen']).toBe(5)
  await orchestrator.stop()
  expect(existsSync(join(folder, 'log'))).toBe(false)
})

const liveText = (live: string) => `orchestrator: { modules: [] }\ndata: { sources: [{ live: ${live} }] }\n`
const problems = async (live: string) => {
  const folder = projectFolder({ 'c.yaml': liveText(live) }, ['feeds'])
  return (await checkConfig(join(folder, 'c.yaml'))).errors.map(({ message }) => message.replace(/^\[.*c\.yaml/, '[c.yaml'))
}

test('a live source is made from its venue and symbols, and asks nobody before it runs', async () => {
  const live = '{ venue: kraken, symbols: [BTC/USD], urls: { socket: "ws://127.0.0.1:9", rest: "http://127.0.0.1:9" }, silence: 5s, backOff: { first: 10ms } }'
  const folder = projectFolder({ 'c.yaml': liveText(live) }, ['feeds'])
  const said: string[] = []
  const note = (message: string) => void said.push(message)
  const logger = { debug: note, info: note, warn: note, error: note }
  const asked: unknown[] = []
  const [source] = await loadSources(join(folder, 'c.yaml'), { logger, capture: (...what) => (asked.push(what), () => undefined) })
  expect(source).toMatchObject({ name: 'kraken', live: true })
  expect(asked).toEqual([['kraken', ['BTC/USD']]])
  expect((await checkConfig(join(folder, 'c.yaml'))).plan?.sources).toEqual(['kraken'])
})

test('mistakes in a live source are told with their place', async () => {
  expect(await problems('{ venue: krakn, symbols: [BTC/USD] }')).toEqual([
    "[c.yaml:2:36] 'data.sources[0].live.venue' is 'krakn'. Give binance or bybit or coinbase or kraken or okx. Did you mean 'kraken'?",
  ])
  expect(await problems('{ venue: okx, symbol: [BTC/USDT], urls: { socket: "http://x", rest: http://x } }')).toEqual([
    expect.stringContaining("'data.sources[0].live' has no 'symbols'") as string,
    expect.stringContaining("'symbol' is no key here. Did you mean 'symbols'?") as string,
    expect.stringContaining("Give an address such as ws://host.") as string,
  ])
  expect(await problems('{ venue: binance, symbols: [BTC/USDT, ETH/USDT:USDT] }')).toEqual([
    expect.stringMatching(/^\[c\.yaml:2:\d+\] live binance: symbols are of spot and of perpetuals\. Make a source for each\.$/) as string,
  ])
  await expect(loadSources({ orchestrator: { modules: [] }, data: { sources: [{ live: { venue: 'x' } }] } })).rejects.toMatchObject({ code: 'config.invalid' })
  const folder = projectFolder({ 'c.yaml': liveText('{ venue: okx, symbols: [BTC/USDT] }') })
  await expect(loadSources(join(folder, 'c.yaml'))).rejects.toMatchObject({ message: expect.stringContaining('npm i @tapeloom/feeds') as string })
})

test('a simulation of several venues is a source for each of them', async () => {
  const venues = '[{ name: left, tickSize: 0.5 }, { name: right, delay: 200ms, checks: [ids], stale: true }]'
  const folder = projectFolder({
    'c.yaml': `orchestrator: { modules: [] }\ndata: { sources: [{ sim: { symbols: [BTC/USDT], duration: 5s, venues: ${venues} } }], priceVenue: { BTC/USDT: right } }`,
  })
  const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'c.yaml'))
  expect(orchestrator.plan.sources).toEqual(['left', 'right'])
  expect((await orchestrator.run()).events.book).toBeGreaterThan(90)
  await orchestrator.stop()
})

test('venues that cannot be simulated are told where they stand', async () => {
  const sim = (more: string) => `    - { sim: { symbols: [BTC/USDT], duration: 5s, ${more} } }\n`
  const folder = projectFolder({
    'c.yaml': `orchestrator: { modules: [] }\ndata:\n  sources:\n${sim('venues: [{ name: a, tick: 1 }]')}${sim('venues: [{ name: a, delay: soon, checks: [id] }]')}`,
    'd.yaml': `orchestrator: { modules: [] }\ndata:\n  sources:\n${sim('venues: [{ name: a }, { name: a }]')}${sim('predictability: 0.6, venues: [{ name: b }]')}`,
  })
  const errorsOf = async (file: string) => (await checkConfig(join(folder, file))).errors.map(({ message }) => message.replace(`${folder}/`, ''))
  expect(await errorsOf('c.yaml')).toEqual([
    expect.stringContaining("'tick'"), expect.stringContaining("delay' is 'soon'. Give a duration"), expect.stringContaining("'id'. Give ids or checksum"),
  ])
  expect(await errorsOf('d.yaml')).toEqual([
    expect.stringContaining("simulatedVenues: venues 'a a' are none, or not distinct"), expect.stringContaining('predictability is for a market without venues'),
  ])
})

test('a store is said with its memory, its retention and the tape of trades', async () => {
  const folder = projectFolder({
    'c.yaml': `orchestrator: { modules: [] }
data:
  sources: [{ sim: { symbols: [BTC/USDT], duration: 3m, seed: 7 } }]
  store: { path: run.duckdb, memoryLimit: 300MB, retention: { keep: { ohlcv_1s: 1m, trades: 2m }, pinned: 1d } }
  trades: true
`,
  }, ['store-duckdb'])
  const rowsOf = async (options: object) => {
    const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'c.yaml'), options)
    const { events } = await orchestrator.run()
    await orchestrator.stop()
    return { events, store: orchestrator.plan.store }
  }
  const { events, store: path } = await rowsOf({})
  const installed = pathToFileURL(join(folder, 'node_modules/@tapeloom/store-duckdb/src/index.ts')).href
  const { openDuckDB } = (await import(installed)) as { openDuckDB: (file: string, options: object) => Promise<Store> }
  const store = await openDuckDB(path, { readOnly: true })
  const { length, columns } = await store.read({ table: 'trades', columns: ['ts_event'] })
  await store.close()
  expect(length).toBeGreaterThan(0)
  expect(length).toBeLessThan(events.trade)
  const times = columns['ts_event'] as Float64Array
  expect(times.at(-1)! - times[0]!).toBeLessThan(150e6)
  expect(await rowsOf({ store: 'memory' })).toMatchObject({ store: 'memory', events })
})

test('what a store cannot be told is a mistake at its place', async () => {
  const errorsOf = async (data: string) => {
    const { errors } = await checkConfig(join(projectFolder({ 'c.yaml': `orchestrator: { modules: [] }\ndata:\n${data}` }, ['store-duckdb']), 'c.yaml'))
    return errors.map(({ code, message, position }) => `${code} ${position?.line}:${position?.column} ${message.replace(/^\[[^\]]*\] /, '')}`)
  }
  expect(await errorsOf('  store: { paht: a.duckdb, memoryLimit: 3 }\n  trads: true\n')).toEqual([
    "config.key 3:12 'paht' is no key here. Did you mean 'path'?",
    "config.value 3:41 'data.store.memoryLimit' is 3. Give a size such as '512MB'.",
    "config.key 4:3 'trads' is no key here. Did you mean 'trades'?",
  ])
  expect(await errorsOf('  store: { retention: { kep: { trades: 1d } } }\n')).toEqual([
    "config.missing 3:23 'data.store.retention' has no 'keep'. Give a mapping of tables to durations.",
    "config.key 3:25 'kep' is no key here. Did you mean 'keep'?",
  ])
  expect(await errorsOf('  store: { memoryLimit: 1GB, retention: { keep: { trade: 1d, ohlcv: 1d, models: 1d, features: 3 } } }\n  trades: 1\n')).toEqual([
    "config.value 3:95 'data.store.retention.keep.features' is 3. Give a duration such as '5s'.",
    "config.value 4:11 'data.trades' is 1. Give true or false.",
  ])
  expect(await errorsOf('  store: { memoryLimit: 1GB, retention: { keep: { trade: 1d, ohlcv: 1d, layouts: 1d } } }\n')).toEqual([
    "store.memory-limit 3:25 'memoryLimit' is of a DuckDB file, and this store is in memory. Give a path, or leave it out.",
    expect.stringMatching(/^store\.table 3:58 store.*'trade'.*Did you mean 'trades'/),
    expect.stringMatching(/^store\.retention 3:\d+ store retention 'layouts': its rows have no time/),
  ])
  expect(await errorsOf('  store: [a]\n')).toEqual([
    "config.value 3:10 'data.store' is a list. Give 'memory', a file such as run.duckdb, or { path, memoryLimit, retention }.",
  ])
})
