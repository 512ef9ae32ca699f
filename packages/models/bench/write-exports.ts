import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contests, randomBatch } from './networks.ts'
import { exportOnnx } from '../src/index.ts'
import { compiledOf } from '../src/define/define-model.ts'
import { inferenceGraph, trainingGraph } from '../src/define/model-graphs.ts'
import { networks } from '../src/train/loss-curves.fixture.ts'

// Writes exported models with one question and its answer each, and the graphs behind them, for check_exports.py:
// node --conditions=@tapeloom/source bench/write-exports.ts <directory>
const directory = process.argv[2] ?? 'exports'
await mkdir(directory, { recursive: true })
for (const network of [...contests.map((contest) => contest.network), ...Object.values(networks)]) {
  const served = await network.open({ seed: 1 })
  const batch = randomBatch(network)
  const tensors = Object.entries(network.inputs as Record<string, readonly number[]>).map(([name, shape]) => {
    const size = shape.reduce((product, length) => product * length, 1)
    return [name, { shape: [1, ...shape], data: [...batch[name]!.subarray(0, size)] }] as const
  })
  const answer = await served.infer(Object.fromEntries(tensors.map(([name, { data }]) => [name, Float32Array.from(data)])))
  const outputs = Object.fromEntries(Object.entries(answer).map(([name, values]) => [name, [...values]]))
  const name = `${network.name}-${network.batch}`
  await writeFile(join(directory, `${name}.onnx`), exportOnnx(network, served.weights()))
  await writeFile(join(directory, `${name}.json`), JSON.stringify({ inputs: Object.fromEntries(tensors), outputs }))
  await writeFile(join(directory, `${name}-served.onnx`), inferenceGraph(compiledOf(network)))
  for (const packed of [true, false]) {
    await writeFile(join(directory, `${name}-step-${packed}.onnx`), trainingGraph(compiledOf(network), 'float32', packed).bytes)
  }
  await writeFile(join(directory, `${name}-step-64.onnx`), trainingGraph(compiledOf(network), 'float64', true).bytes)
  await served.close()
}
