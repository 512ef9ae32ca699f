import { Orchestrator } from '@tapeloom/core'
import { COLUMNS, fused, modules, SLOTS } from './module-bodies.ts'
import { makeTape, TapeFeed } from './tape-feed.ts'

const EVENTS = 2_000_000
const ROUNDS = 9
const symbols = Number(process.argv[2] ?? 1)

const cpuNs = () => {
  const { user, system } = process.cpuUsage()
  return 1000 * (user + system)
}
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

const tape = makeTape(symbols)
const weights = Float64Array.from({ length: COLUMNS }, (_, i) => ((i * 37) % 19) - 9)
const states = Array.from({ length: symbols }, () => modules.map(() => new Float64Array(SLOTS)))
const feed = new TapeFeed(tape, symbols, weights)
const orchestrator = new Orchestrator({ data: feed, modules })

const times: { fused: number[]; path: number[] } = { fused: [], path: [] }
let [from, fusedDecisions] = [0, 0]
let [heapBefore, heapAfter] = [0, 0]
for (let round = 0; round < ROUNDS; round++) {
  let start = cpuNs()
  fusedDecisions += fused(tape, states, weights, from, from + EVENTS)
  times.fused.push((cpuNs() - start) / EVENTS)
  feed.allow(EVENTS)
  globalThis.gc?.()
  heapBefore = process.memoryUsage().heapUsed
  start = cpuNs()
  await orchestrator.run()
  times.path.push((cpuNs() - start) / EVENTS)
  heapAfter = process.memoryUsage().heapUsed
  from += EVENTS
}
const [floor, path] = [median(times.fused), median(times.path)]
console.log(JSON.stringify({
  symbols, fusedNs: floor, pathNs: path, ratio: path / floor, bytesPerEvent: Math.max(0, heapAfter - heapBefore) / EVENTS,
  equal: fusedDecisions === feed.decisions, decisions: [fusedDecisions, feed.decisions], faults: orchestrator.status().modules.map(({ faults }) => faults),
}))
