// Bytes of depth messages to the best price of a book: byte parser and ladder against JSON.parse and ccxt's order book, in
// turns of one process; and single levels, ladder against ccxt. Seeded messages, and recorded ones where they are.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, loadavg } from 'node:os'
import { createRandom } from '@tapeloom/core'
import { LadderBook } from '@tapeloom/data/book'
import { BinanceParser } from '../src/binance/binance-parser.ts'
import { CaptureReader } from '../src/capture-reader.ts'

const TURNS = 5
/** Messages of a recording that are used: the rival takes its time. */
const MOST = 1500

interface Tape {
  readonly name: string
  /** Lines `<receive time, ns> <JSON>`: first the book, then its changes. */
  readonly lines: readonly Uint8Array[]
  readonly tickScale: number
  readonly lotScale: number
}
interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: '×' | 'ns'
  readonly target?: number
  readonly note?: string
}

/** A thousand levels a side, then changes of 49 levels near the touch. */
function seeded(): Tape {
  const random = createRandom(5)
  const level = (ticks: number, lots: number) => `["${(ticks / 100).toFixed(2)}","${(lots / 1000).toFixed(3)}"]`
  const side = (sign: number, count: number, pick: (i: number) => number, deletes: number) => Array.from({ length: count }, (_, i) =>
    level(6_000_000 + sign * (1 + pick(i)), random.integer(5) < deletes ? 0 : 1 + random.integer(9999))).join(',')
  const wrap = (id: number, bids: string, asks: string) => Buffer.from(
    `1723161254087896568 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161255208,"T":1723161255207,"s":"BTCUSDT","U":${id},"u":${id},"pu":${id - 1},"b":[${bids}],"a":[${asks}]}}`)
  const near = () => Math.min(999, Math.floor(-60 * Math.log(1 - random.next())))
  const first = wrap(1, side(-1, 1000, (i) => i, 0), side(1, 1000, (i) => i, 0))
  const changes = Array.from({ length: 2000 }, (_, i) => wrap(i + 2, side(-1, 24, near, 2), side(1, 25, near, 2)))
  return { name: 'seeded', lines: [first, ...changes], tickScale: 100, lotScale: 1000 }
}

async function recorded(market: string, tickScale: number, lotScale: number): Promise<Tape | undefined> {
  const folder = process.env['TAPELOOM_DATA'] ?? new URL('../../../../shared/data', import.meta.url).pathname
  const file = `${folder}/l2/binance-${market}_btcusdt_20240808.txt.gz`
  if (!existsSync(file)) return undefined
  const [reader, parser, lines] = [new CaptureReader(file), new BinanceParser(), [] as Uint8Array[]]
  while (await reader.load()) {
    while (reader.next()) {
      const { kind } = parser.parse(reader.bytes, reader.start, reader.end)
      if (kind === 'snapshot') lines.length = 0
      if (kind === 'snapshot' || (kind === 'depth' && lines.length > 0)) lines.push(reader.bytes.slice(reader.start, reader.end))
    }
  }
  return { name: `recorded ${market}`, lines: lines.slice(0, MOST), tickScale, lotScale }
}

type Run = (from: number) => number

function ours({ lines, tickScale, lotScale }: Tape): Run {
  const { bids, asks } = new LadderBook()
  const parser = new BinanceParser()
  return (from) => {
    let sum = 0
    for (let i = from; i < lines.length; i++) {
      const line = lines[i]!
      const message = parser.parse(line, 0, line.length)
      const { levels, bids: count } = message
      const all = 2 * (count + message.asks)
      for (let at = 0; at < 2 * count; at += 2) bids.set(Math.round(levels[at]! * tickScale), Math.round(levels[at + 1]! * lotScale))
      for (let at = 2 * count; at < all; at += 2) asks.set(Math.round(levels[at]! * tickScale), Math.round(levels[at + 1]! * lotScale))
      sum += bids.bestTicks + asks.bestTicks
    }
    return sum
  }
}

// The rivals are outside the workspace and have no types here.
type Loose = any // eslint-disable-line
async function ccxtSides(): Promise<Loose> {
  try {
    const { resolve } = createRequire(new URL('../../../bench/rivals/package.json', import.meta.url))
    return (await import(resolve('ccxt').replace(/\/js\/.*$|\/dist\/.*$/, '/js/src/base/ws/OrderBookSide.js'))) as Loose
  } catch {
    return undefined
  }
}

function theirs({ lines, tickScale }: Tape, sides: Loose): Run {
  const [bids, asks] = [new sides.Bids(), new sides.Asks()]
  return (from) => {
    let sum = 0
    for (let i = from; i < lines.length; i++) {
      const text = Buffer.from(lines[i]!.buffer, lines[i]!.byteOffset, lines[i]!.length).toString()
      const json = JSON.parse(text.slice(text.indexOf(' ') + 1))
      const data = json.data ?? json
      for (const [price, quantity] of data.b ?? data.bids) bids.store(Number(price), Number(quantity))
      for (const [price, quantity] of data.a ?? data.asks) asks.store(Number(price), Number(quantity))
      sum += Math.round(bids[0][0] * tickScale) + Math.round(asks[0][0] * tickScale)
    }
    return sum
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

/** ns of one message, of each contestant, by turns. */
function inTurns(runs: readonly Run[], messages: number): number[][] {
  const times = runs.map(() => [] as number[])
  for (let turn = 0; turn < TURNS + 2; turn++) {
    for (const [i, run] of runs.entries()) {
      const before = process.cpuUsage()
      run(1)
      const { user, system } = process.cpuUsage(before)
      if (turn >= 2) times[i]!.push((1000 * (user + system)) / messages)
    }
  }
  return times
}

const figures: Figure[] = []
const sides = await ccxtSides()
for (const tape of [seeded(), await recorded('usdm', 10, 1000), await recorded('spot', 100, 100_000)]) {
  if (!tape) continue
  const runs = [ours(tape), ...(sides ? [theirs(tape, sides)] : [])]
  const sums = runs.map((run) => run(0))
  if (sums.some((sum) => sum !== sums[0])) throw new Error(`books of ${tape.name} differ: ${sums.join(', ')}`)
  const [own = [], other = []] = inTurns(runs, tape.lines.length - 1)
  const levels = tape.lines.slice(1).reduce((sum, line) => sum + line.reduce((open, byte) => open + (byte === 91 ? 1 : 0), -2), 0) / (tape.lines.length - 1)
  figures.push({ what: `bytes to best, a message, ${tape.name}`, measured: median(own), unit: 'ns', note: `${levels.toFixed(0)} levels a message` })
  if (other.length === 0) continue
  figures.push({ what: `JSON.parse and ccxt, a message, ${tape.name}`, measured: median(other), unit: 'ns' })
  figures.push({ what: `bytes to best / JSON.parse and ccxt, ${tape.name}`, measured: median(own.map((time, i) => time / other[i]!)), unit: '×', target: 0.05 })
}
console.log(JSON.stringify({ machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg()[0] }, figures }))
