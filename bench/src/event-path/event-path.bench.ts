// event-path.bench.ts <symbols> <tapeloom | objects | emitter>: nine modules × eight features and a decision, against the
// hand-fused loop of the same text, in turns of one process.
import { Orchestrator } from '@tapeloom/core'
import { inTurns, quantile, ratioOf, report, type Figure } from '../measure.ts'
import { BODIES, fused, modules, SLOTS, weights } from './module-bodies.ts'
import { emitterAndObjects, objectsAndLoop } from './rivals.ts'
import { makeTape, TapeFeed } from './tape-feed.ts'

const SLICE = 1 << 16
const LONG = 1 << 22
const [symbols, contestant = 'tapeloom'] = [Number(process.argv[2] ?? 1), process.argv[3]]

const tape = makeTape(symbols)
const states = Array.from({ length: symbols }, () => BODIES.map(() => new Float64Array(SLOTS)))
const feed = new TapeFeed(tape, symbols, weights)
const orchestrator = new Orchestrator({ data: feed, modules })

const contestants = {
  tapeloom: async (_from: number, to: number) => {
    feed.allow(to)
    const before = feed.decisions
    await orchestrator.run()
    return feed.decisions - before
  },
  objects: objectsAndLoop(tape, symbols, weights),
  emitter: emitterAndObjects(tape, symbols, weights),
}
const run = contestants[contestant as keyof typeof contestants]
let [floorDecisions, ownDecisions] = [0, 0]
const [floor = [], own = []] = await inTurns([
  (turn) => void (floorDecisions += fused(tape, states, weights, turn * SLICE, (turn + 1) * SLICE)),
  async (turn) => void (ownDecisions += await run(turn * SLICE, (turn + 1) * SLICE)),
], { units: SLICE })
if (floorDecisions !== ownDecisions) throw new Error(`${contestant} decided ${ownDecisions} times, the fused loop ${floorDecisions}`)

const start = 70 * SLICE
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
await run(start, start + LONG)
const bytes = Math.max(0, process.memoryUsage().heapUsed - before) / LONG

const of = (what: string) => `${what}, ${symbols} ${symbols === 1 ? 'symbol' : 'symbols'}`
const figures: Figure[] = [
  { what: of(`${contestant} / fused loop`), measured: ratioOf(own, floor), unit: '×', ...(contestant === 'tapeloom' && { target: symbols === 1 ? 1.35 : 1.6 }) },
  { what: of(`${contestant}, median`), measured: quantile(own), unit: 'ns', note: `fused loop ${quantile(floor).toFixed(0)} ns` },
]
if (contestant === 'tapeloom') figures.push({ what: of('allocated an event'), measured: bytes, unit: 'B', target: 1 })
report(figures)
