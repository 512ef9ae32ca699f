// What journalling adds to an event: the same trades through a DataProvider with and without a journal, in turns.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRandom, defineSource, instrument, Orchestrator, type MarketInput } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { cpuNs, quantile, report } from '../measure.ts'

const TRADES = 200_000
const ROUNDS = 17

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-bench-'))
const random = createRandom(1, 'journal')
const market = instrument('BTC/USDT', { venue: 'bench', tickSize: '0.1', lotSize: '0.00001' })
const trades: readonly MarketInput[] = Array.from({ length: TRADES }, (_, i) => ({
  kind: 'trade', symbol: 'BTC/USDT', tsEvent: i * 1000, price: 60_000 + random.integer(1000) / 10, quantity: (1 + random.integer(1e5)) / 1e5,
  aggressor: random.next() < 0.5 ? 'buy' : 'sell',
}))
const source = () => defineSource({
  name: 'bench', instruments: [market],
  async *events() {
    for (let i = 0; i < TRADES; i += 1000) yield trades.slice(i, i + 1000)
  },
})

let number = 0
async function run(journalled: boolean): Promise<number> {
  const journal = join(folder, String(number++))
  const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [source()], ...(journalled && { journal }) }), modules: [] })
  await orchestrator.initialize()
  const start = cpuNs()
  const { events } = await orchestrator.run()
  const time = (cpuNs() - start) / TRADES
  if (events.trade !== TRADES) throw new Error(`${events.trade} of ${TRADES} trades came through`)
  await orchestrator.stop()
  rmSync(journal, { recursive: true, force: true })
  return time
}

const [without, added]: [number[], number[]] = [[], []]
for (let round = 0; round < ROUNDS; round++) {
  const off = await run(false)
  const on = await run(true)
  if (round < 2) continue
  without.push(off)
  added.push(on - off)
}
rmSync(folder, { recursive: true, force: true })
report([
  { what: 'journalling adds to an event', measured: quantile(added), unit: 'ns', target: 30, note: `quartiles ${quantile(added, 0.25).toFixed(0)} and ${quantile(added, 0.75).toFixed(0)}` },
  { what: 'a trade through the data provider, no journal', measured: quantile(without), unit: 'ns' },
])
