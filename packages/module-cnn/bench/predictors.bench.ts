import { definitionOf, lane, type Module, type Tensors } from '@tapeloom/core'
import { createDqn } from '../../module-dqn/src/index.ts'
import { createTransformer } from '../../module-transformer/src/index.ts'
import { createCnn } from '../src/index.ts'

// Prints, as JSON figures, the CPU time of one inference of each predictor: the defaults, and the largest CNN, of five
// lanes of 600 candles. Medians of 11 turns; the contestants take turns.
const [TURNS, CALLS] = [11, 200]
const five = (['1s', '1m', '1h', '1d'] as const).map((timeframe) => lane(timeframe, 600))
const contestants: readonly (readonly [what: string, module: Module, targetNs: number])[] = [
  ['CNN, 2 lanes of 60', createCnn(), 5e5],
  ['CNN, 5 lanes of 600', createCnn({ lanes: [...five, lane('1s', 600, { symbol: 'BTC/USDT' })] }), 5e5],
  ['transformer, 128 and 32 rows', createTransformer(), 1e6],
  ['transformer, 128 and 4 times 32 rows', createTransformer({ lanes: [lane('1m', 128), ...five.map(({ timeframe }) => lane(timeframe, 32))] }), 1e6],
  ['DQN', createDqn(), 5e5],
]

function sampleOf(module: Module): Tensors {
  const shapes = definitionOf(module).model!.network.inputs as Readonly<Record<string, readonly number[]>>
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => {
    const size = shape.reduce((product, length) => product * length, 1)
    return [name, Float32Array.from({ length: size }, (_, i) => (name.endsWith('Mask') ? 1 : Math.sin(i)))]
  }))
}

const opened = await Promise.all(contestants.map(async ([what, module, target]) => {
  const runtime = await definitionOf(module).model!.network.open({ seed: 1 })
  return { what, target, runtime, sample: sampleOf(module), times: [] as number[] }
}))
let checksum = 0
for (let turn = -1; turn < TURNS; turn++) {
  for (const { runtime, sample, times } of opened) {
    const start = process.cpuUsage()
    for (let i = 0; i < CALLS; i++) for (const output of Object.values(await runtime.infer(sample))) checksum += output[0]!
    const { user, system } = process.cpuUsage(start)
    if (turn >= 0) times.push((1e3 * (user + system)) / CALLS)
  }
}
for (const { runtime } of opened) await runtime.close()
const figures = opened.map(({ what, target, times }) =>
  ({ what: `inference, ${what}`, measured: times.toSorted((a, b) => a - b)[TURNS >> 1], unit: 'ns', target }))
console.log(JSON.stringify({ checksum, figures }, null, 1))
