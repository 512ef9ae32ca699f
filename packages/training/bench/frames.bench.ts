import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineModule, lane, Orchestrator, type Host, type LaneReader, type MarketSymbol, type Normalisation, type RebuildRequest } from '@tapeloom/core'
import { candleSource, DataProvider, storeLanes } from '@tapeloom/data'
import { openDuckDB } from '@tapeloom/store-duckdb'

// Prints, as JSON, what it costs in CPU time to have the windows behind references again: 64 frames of five windows of
// 600 candles, one after another in time. Contestants take turns; ratios are of the medians of one run.
const [FRAMES, WINDOW, SERIES] = [64, 600, 5]
const ROWS = WINDOW + FRAMES + 40
const MINUTE_US = 60e6
const symbols = Array.from({ length: SERIES }, (_, i) => `S${i}/USDT` as MarketSymbol)

const price = (i: number, k: number): number => Math.round(1000 * (100 + 10 * k + Math.sin(i / 7 + k) + ((i * 31 + k) % 17) / 10)) / 1000
const candles = (k: number) => Array.from({ length: ROWS }, (_, i) => {
  const [open, close] = [price(i, k), price(i + 1, k)]
  return { openTime: i * MINUTE_US, open, high: Math.max(open, close) + 0.5, low: Math.min(open, close) - 0.5, close, volume: 1 + (i % 9) }
})

/** Requests for all frames; each has tensors of its own. */
function requests(normalise: Normalisation, norm: readonly number[]): readonly RebuildRequest[] {
  const binding = lane('1m', WINDOW, { normalise })
  return Array.from({ length: FRAMES }, (_, frame) => symbols.map((symbol): RebuildRequest => ({
    symbol, binding, knownBy: Number.MAX_SAFE_INTEGER, tensor: new Float32Array(WINDOW * 5), mask: new Float32Array(WINDOW),
    frame: { series: `local:${symbol}:candle:1m`, start: frame * MINUTE_US, end: (frame + WINDOW - 1) * MINUTE_US, count: WINDOW, norm, quality: 1, taint: [] },
  }))).flat()
}

async function cpuUs(run: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / FRAMES
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

/** Median CPU µs a frame of each contestant, each called `times` times a round, in turns. */
async function turns(contestants: Readonly<Record<string, () => unknown>>, rounds: number, times: number): Promise<Record<string, number>> {
  const found: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const us = await cpuUs(async () => { for (let i = 0; i < times; i++) await run() })
      ;(found[name] ??= []).push(us / times)
    }
  }
  return Object.fromEntries(Object.entries(found).map(([name, list]) => [name, median(list)]))
}

const folder = mkdtempSync(join(tmpdir(), 'frames-'))
const file = join(folder, 'frames.duckdb')
let host: Host | undefined
const participant = () => ({ name: 'bench', attach: (given: Host) => void (host = given), snapshot: () => null, restore() {} })
const orchestrator = new Orchestrator({
  data: new DataProvider({ store: await openDuckDB(file), sources: symbols.map((symbol, k) => candleSource(symbol, '1m', candles(k))) }),
  modules: [defineModule({ name: 'bench', version: '1.0.0', core: '^1.0.0', candles: ['1m'], participant })],
})
await orchestrator.run()

const sum = (all: readonly RebuildRequest[]): number => all.reduce((total, { tensor }) => total + tensor[7]! + tensor.at(-1)!, 0)
const warm = host!.feed.lanes
const [raw, scaled] = [requests('none', []), requests('zscore', [100, 2, 5, 2])]
const flat = Float64Array.from({ length: ROWS * 5 * SERIES }, (_, i) => i)
const copies = Array.from({ length: FRAMES }, () => new Float64Array(WINDOW * 5 * SERIES))
const hot = await turns({
  memcpy: () => copies.forEach((copy, frame) => copy.set(flat.subarray(frame * 5, frame * 5 + copy.length))),
  raw: () => warm.rebuild(raw),
  scaled: () => warm.rebuild(scaled),
}, 15, 20)
const warmSum = sum(raw)
await orchestrator.stop()

const store = await openDuckDB(file, { readOnly: true })
const cold: LaneReader = await storeLanes(store)
raw.forEach(({ tensor }) => tensor.fill(0))
const read = await turns({
  spans: () => cold.rebuild(raw),
  ranges: async () => { for (const request of raw) await cold.rebuild([request]) },
}, 3, 1)
if (sum(raw) !== warmSum) throw new Error('memory and store give other windows')
await store.close()
rmSync(folder, { recursive: true })

const ratio = (a: number | undefined, b: number | undefined): number => Math.round((100 * a!) / b!) / 100
const figures = [
  { what: 'warm windows of a frame / memcpy of its float64', measured: ratio(hot['raw'], hot['memcpy']), unit: '×', target: 2 },
  { what: 'the same scaled to float32 / memcpy', measured: ratio(hot['scaled'], hot['memcpy']), unit: '×', target: 8 },
  { what: 'merged spans / one query a range, 64 clustered frames', measured: read['spans']! / read['ranges']!, unit: '×', target: 0.05 },
  { what: 'memcpy of a frame', measured: Math.round(1e3 * hot['memcpy']!), unit: 'ns' },
  { what: 'cold windows of a frame, merged spans', measured: Math.round(1e3 * read['spans']!), unit: 'ns' },
]
console.log(JSON.stringify({ machine: { cpu: cpus()[0]?.model, node: process.version }, figures }, null, 2))
