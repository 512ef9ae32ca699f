import { cpus, loadavg } from 'node:os'
import { compiledOf } from '../src/define/define-model.ts'
import { input } from '../src/graph/node.ts'
import { gemm } from '../src/graph/primitives.ts'
import { initialWeights } from '../src/define/initial-weights.ts'
import { planTraining } from '../src/train/network-trainer.ts'
import { encodeModel } from '../src/onnx/encode-model.ts'
import { onnxRuntime } from '../src/onnx/onnx-runtime.ts'
import { TrainingSession } from '../src/train/training-session.ts'
import { contests, randomBatch, type Contest } from './networks.ts'
import { optimizers } from './optimizer.ts'
import { openPyTorch } from './pytorch.ts'
import { jaxJs, rivalsInstalled, tensorflow } from './rivals.ts'

// Prints, as JSON figures, the CPU time of one training step of four networks: ours, PyTorch's where Python has it
// (TAPELOOM_PYTHON=…/bin/python), and those of jax-js and TensorFlow.js for dense networks. One thread each; the
// contestants take turns, and ratios are medians over the turns. One network only: its name as an argument.
const TURNS = 11
type Run = () => Promise<number>
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

/** CPU ms of one of `steps` calls. */
const timed = (steps: number, step: () => Promise<unknown>): Run => async () => {
  const usage = process.cpuUsage()
  for (let i = 0; i < steps; i++) await step()
  const { user, system } = process.cpuUsage(usage)
  return (user + system) / 1e3 / steps
}

/** Time of a product of two 512 × 512 matrices in our runtime: what no step can beat. */
async function gemmRun(): Promise<Run> {
  const runtime = await onnxRuntime()
  const [a, b] = [input('a', [512, 512]), input('b', [512, 512])]
  const inputs = new Map([['a', a], ['b', b]])
  const session = await runtime.open(encodeModel({ name: 'gemm', batch: 1, inputs, outputs: new Map([['c', gemm(a, b)]]) }))
  const matrix = () => runtime.tensor(Float32Array.from({ length: 512 * 512 }, (_, i) => Math.sin(i)), [512, 512])
  const [feeds, outputs] = [{ a: matrix(), b: matrix() }, { c: matrix() }]
  return timed(10, () => session.run(feeds, outputs))
}

async function measure(contest: Contest, gemmMs: Run, torch: Awaited<ReturnType<typeof openPyTorch>>) {
  const { name, network, steps, what, flops } = contest
  const compiled = compiledOf(network)
  const batch = randomBatch(network)
  const open = () => TrainingSession.open(planTraining(compiled, initialWeights(compiled, 1)))
  const [bare, handing] = [await open(), await open()]
  const served = await network.open({ seed: 1 })
  const sample = Object.fromEntries(Object.entries(network.inputs as Record<string, readonly number[]>).map(
    ([key, shape]) => [key, batch[key]!.slice(0, shape.reduce((product, size) => product * size, 1))]))
  const runs: Record<string, Run> = {
    ours: timed(steps, () => bare.train(batch)),
    'with weights': timed(steps, () => handing.step(batch)),
    gemm: gemmMs,
    inference: timed(10 * steps, () => served.infer(sample)),
    ...(torch && { PyTorch: () => torch.round(name) }),
    ...(await rivalsOf(contest, batch)),
  }
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(runs).map((key) => [key, []]))
  for (const run of Object.values(runs)) await run()
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [key, run] of Object.entries(runs)) times[key]!.push(await run())
  }
  for (const session of [bare, handing]) await session.close()
  await served.close()
  const ratio = (to: string) => median(times['ours']!.map((own, turn) => own / times[to]![turn]!))
  const targets: Readonly<Record<string, number>> = {
    PyTorch: name === 'transformer' ? 1.25 : 1, 'jax-js': 0.25, 'TensorFlow.js wasm': 0.1, 'TensorFlow.js cpu': 0.1,
  }
  const peak = median(times['gemm']!.map((gemmTime, turn) => (flops / times['ours']![turn]!) / ((2 * 512 ** 3) / gemmTime)))
  return [
    ...Object.keys(runs).filter((key) => key in targets).map((key) =>
      ({ what: `training step / ${key}, ${what}`, measured: ratio(key), unit: '×', target: targets[key] })),
    { what: `training step with weights handed out / without, ${what}`, measured: 1 / ratio('with weights'), unit: '×' },
    { what: `share of the rate of a matrix product, ${what}`, measured: peak, unit: '×' },
    { what: `training step, ${what}`, measured: 1e6 * median(times['ours']!), unit: 'ns' },
    { what: `inference, ${what.replace(/ \(.*/, '')}`, measured: 1e6 * median(times['inference']!), unit: 'ns' },
  ]
}

async function rivalsOf({ name, network }: Contest, batch: Record<string, Float32Array>): Promise<Record<string, Run>> {
  if (name !== 'mlp200' && name !== 'mlp3000') return {} // their convolutions take seconds, or have no gradient
  const inputs = (network.inputs as { x: readonly number[] }).x[0]!
  const task = { inputs, hidden: name === 'mlp200' ? 64 : 256, x: batch['x']!, y: batch['target.y']! }
  const quick = name === 'mlp200' ? 10 : 2
  if (!rivalsInstalled()) return {} // `npm run bench` installs them
  return {
    'jax-js': timed(quick, await jaxJs(task)),
    'TensorFlow.js wasm': timed(quick, await tensorflow(task, 'wasm')),
    'TensorFlow.js cpu': timed(1, await tensorflow(task, 'cpu')),
  }
}

/** The optimiser's kernel against the same arithmetic in TypeScript, in turns. */
async function measureOptimizer() {
  const { kernel, loop } = optimizers()
  const [own, reference] = [timed(10, kernel), timed(10, loop)]
  const ratios: number[] = []
  for (let turn = 0; turn < TURNS; turn++) ratios.push((await own()) / (await reference()))
  return { what: 'AdamW kernel / loop in TypeScript, 835,000 weights', measured: median(ratios), unit: '×', target: 0.2 }
}

const torch = await openPyTorch()
const gemmMs = await gemmRun()
const figures = []
for (const contest of contests) {
  if (process.argv[2] === undefined || process.argv[2] === contest.name) figures.push(...(await measure(contest, gemmMs, torch)))
}
torch?.close()
if (process.argv[2] === undefined || process.argv[2] === 'optimizer') figures.push(await measureOptimizer())
const machine = [
  cpus()[0]?.model ?? 'unknown', `${cpus().length} cores`, `load ${loadavg()[0]}`, `Node ${process.versions.node}`,
  `PyTorch ${torch?.version ?? 'absent'}`,
].join(', ')
console.log(JSON.stringify({ machine, figures }, null, 1))
