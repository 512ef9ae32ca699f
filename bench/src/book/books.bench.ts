// Level updates of a book, each with a look at the best: ours against a bare store, ccxt's order book and a B-tree, in
// turns of one process; seeded streams with levels side by side and far apart.
import { inTurns, quantile, ratioOf, report, type Figure } from '../measure.ts'
import { bareStore, btree, ccxt, consolidated, ladder, tail, type Run } from './contestants.ts'
import { levelStream, type LevelStream } from './level-stream.ts'

const UPDATES = 100_000


async function measure(stream: LevelStream): Promise<ReadonlyMap<string, readonly number[]>> {
  const runs: Record<string, Run | undefined> = {
    bare: bareStore(), ladder: ladder(), tail: tail(), four: consolidated(4), ccxt: await ccxt(), btree: btree(),
  }
  const present = Object.entries(runs).flatMap(([name, run]) => (run ? [[name, run] as const] : []))
  const sums = present.map(([, run]) => run(stream, 0))
  const times = await inTurns(
    present.map(([, run], i) => () => void (sums[i] = run(stream, stream.filling))),
    { units: stream.ticks.length - stream.filling, warmUp: 3, turns: 15 },
  )
  const alike = present.flatMap(([name], i) => (['ladder', 'tail', 'ccxt', 'btree'].includes(name) ? [sums[i]] : []))
  if (alike.some((sum) => sum !== alike[0])) throw new Error(`books of the stream ${stream.name} differ: ${alike.join(', ')}`)
  return new Map(present.map(([name], i) => [name, times[i] ?? []]))
}

/** The least of three: what the compiler allocates meanwhile is not the book's. */
function allocated(stream: LevelStream): number {
  const run = ladder()
  run(stream, 0)
  const updates = 20 * (stream.ticks.length - stream.filling)
  return Math.min(...[1, 2, 3].map(() => {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 20; i++) run(stream, stream.filling)
    return Math.max(0, process.memoryUsage().heapUsed - before) / updates
  }))
}

const figures: Figure[] = []
for (const stream of [levelStream('dense', 1, UPDATES), levelStream('sparse', 20, UPDATES)]) {
  const times = await measure(stream)
  const of = (name: string) => times.get(name)
  const compare = (what: string, name: string, floor: string, target?: number) => {
    const [own, other] = [of(name), of(floor)]
    if (own && other) figures.push({ what: `${what}, ${stream.name}`, measured: ratioOf(own, other), unit: '×', ...(target !== undefined && { target }) })
  }
  compare('ladder update / bare store', 'ladder', 'bare', 3)
  compare('ladder update / ccxt', 'ladder', 'ccxt', 0.02)
  compare('ladder update / sorted-btree', 'ladder', 'btree', 0.15)
  compare('four venues consolidated / one ladder', 'four', 'ladder', 1.6)
  compare('sorted book / ladder', 'tail', 'ladder')
  for (const [name, all] of times) figures.push({ what: `${name} update, ${stream.name}`, measured: quantile(all), unit: 'ns' })
  figures.push({ what: `allocated an update, ${stream.name}`, measured: allocated(stream), unit: 'B', target: 0.1 })
}
report(figures)
