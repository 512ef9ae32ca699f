import { cpus, loadavg } from 'node:os'
import { definitionOf, instrument, type BookReader } from '@tapeloom/core'
import { pnl } from '../src/index.ts'

// Prints, as JSON, the CPU time of one decision with the fill that follows it (two levels walked, exact books, features),
// and of one book event while a position is held: medians of 15 rounds, one more before them warms up.
const [ROUNDS, EACH] = [15, 20_000]
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
const cpuNs = (run: () => void): number => {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return 1000 * (user + system)
}

const btc = instrument('BTC/USDT', { venue: 'bench', tickSize: '0.01', lotSize: '0.00001' })
const definition = definitionOf(pnl)
const given = { takerBps: 5, makerBps: 1, quantity: 0.01, cash: 1e9 } // losses reach no limit
const defaults = Object.fromEntries(Object.entries(definition.options ?? {}).map(([key, option]) => [key, Number.isNaN(option.default) ? 0 : option.parse(option.default)]))
const options = { ...defaults, ...given }
const state = definition.state?.(options as never, btc) as { books: { cash: string } }

let [mid, now, checksum, fills] = [60_000, 0, 0, 0]
const reader: BookReader = {
  status: 'live', get bestBid() { return mid - 0.5 }, get bestAsk() { return mid + 0.5 }, bestBidQuantity: 0.005, bestAskQuantity: 0.005, get midPrice() { return mid },
  depth(side, levels, prices, quantities) {
    for (let i = 0; i < levels; i++) [prices[i], quantities[i]] = [side === 'bid' ? mid - 0.5 - i : mid + 0.5 + i, 0.005]
    return levels
  },
}
const features = Object.fromEntries(Object.keys(definition.features ?? {}).map((name) => [name, NaN]))
const context = { state, options, features, instrument: btc, book: reader, clock: { now: () => now }, emit: (topic: string) => void (topic === 'pnl:fill' && fills++) } as never
const on = definition.on as unknown as Record<'book' | 'decision' | 'candle:close', (event: unknown, ctx: never) => void>

const move = (i: number) => void (mid = 60_000 + ((i * 7) % 100))
const fill = (i: number) => {
  move(i)
  now += 1e6
  on.decision(i % 2 === 0 ? { action: 'buy', reason: 'open-long', asOf: now } : { action: 'sell', reason: 'close-long', asOf: now }, context)
  now += 60_000
  on.book(reader, context)
}
const watch = (i: number) => {
  move(i)
  now += 1000
  on.book(reader, context)
}

let start = 0
for (let i = 0; i < 15; i++) on['candle:close']({ openTime: i * 60e6, open: 60_000, high: 61_000, low: 59_000, close: 60_000, origin: 'warm-up' }, context)
on.book(reader, context)
const perFill = Array.from({ length: ROUNDS + 1 }, () => cpuNs(() => {
  for (let i = start; i < start + EACH; i++) fill(i)
  start += EACH
}) / EACH)
if (fills !== (ROUNDS + 1) * EACH) throw new Error(`${fills} fills`)
fill(0)
const perEvent = Array.from({ length: ROUNDS + 1 }, () => cpuNs(() => {
  for (let i = 0; i < EACH; i++) watch(i)
  checksum += features['unrealisedAtr'] ?? 0
}) / EACH)
const gate = definition.position as unknown as (ctx: never) => { readonly gates: readonly unknown[] }
const perGate = Array.from({ length: ROUNDS + 1 }, () => cpuNs(() => {
  for (let i = 0; i < EACH; i++) checksum += gate(context).gates.length
}) / EACH)

console.log(JSON.stringify({
  machine: cpus()[0]?.model, node: process.version, load: loadavg()[0], checksum, cash: state.books.cash,
  figures: [
    { what: 'a decision and its fill over two levels', measured: median(perFill.slice(1)), unit: 'ns', target: 10_000 },
    { what: 'a book event while a position is held', measured: median(perEvent.slice(1)), unit: 'ns', target: 500 },
    { what: 'side, gates and position block for a decision', measured: median(perGate.slice(1)), unit: 'ns', target: 1000 },
  ],
}, null, 2))
