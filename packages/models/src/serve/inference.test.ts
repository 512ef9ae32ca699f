import { createRandom, type Network } from '@tapeloom/core'
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { compiledOf, defineModel } from '../define/define-model.ts'
import { concat, dense, exportOnnx, flatten, gelu, layerNorm, mse, relu } from '../index.ts'
import { initialWeights } from '../define/initial-weights.ts'
import { inferenceGraph, trainingGraph } from '../define/model-graphs.ts'
import { readOnnx } from '../onnx/read-model.ts'
import { NetworkRuntime } from './network-runtime.ts'
import { missingRuntime, onnxRuntime, startRuntime } from '../onnx/onnx-runtime.ts'

const network = defineModel({
  name: 'served',
  inputs: { a: [3], b: [2], unused: [4] },
  targets: { y: 'value' },
  forward({ a, b }) {
    const hidden = relu(dense(concat(a, b), 8))
    return { y: dense(hidden, 1), hidden }
  },
  loss: (output, target) => mse(output.y, target.y),
})
const sample = (seed = 0) => {
  const random = createRandom(seed)
  const draw = (length: number) => Float32Array.from({ length }, () => random.normal())
  return { a: draw(3), b: draw(2), unused: draw(4) }
}
/** The network by hand, in float64. */
function byHand(weights: Float32Array, { a, b }: ReturnType<typeof sample>) {
  const x = [...a, ...b]
  const hidden = Array.from({ length: 8 }, (_, unit) =>
    Math.max(
      0,
      x.reduce((sum, value, i) => sum + value * weights[i * 8 + unit]!, weights[40 + unit]!),
    ),
  )
  return { y: hidden.reduce((sum, value, i) => sum + value * weights[48 + i]!, weights[56]!), hidden }
}

test('a network of two dense layers answers as its weights say', async () => {
  const runtime = await network.open({ seed: 1 })
  const answer = await runtime.infer(sample())
  const expected = byHand(runtime.weights(), sample())
  expect(answer['y']![0]).toBeCloseTo(expected.y, 5)
  expected.hidden.forEach((value, i) => expect(answer['hidden']![i]).toBeCloseTo(value, 5))
  await runtime.close()
})

test('first weights depend on the seed alone', async () => {
  const weightsOf = async (seed: number) => {
    const runtime = await network.open({ seed })
    const weights = runtime.weights()
    await runtime.close()
    return weights
  }
  expect(await weightsOf(4)).toEqual(await weightsOf(4))
  expect(await weightsOf(4)).not.toEqual(await weightsOf(5))
  const bound = Math.sqrt(6 / 5)
  const first = (await weightsOf(4)).subarray(0, 40)
  expect(Math.max(...first.map(Math.abs))).toBeLessThanOrEqual(bound)
  expect(Math.max(...first.map(Math.abs))).toBeGreaterThan(0.8 * bound)
})

test('a thousand swaps under eight callers fail no inference, and each answer is that of the version it was asked of', async () => {
  const runtime = await network.open({ seed: 0 })
  const model = compiledOf(network)
  const versions = Array.from({ length: 10 }, (_, seed) => initialWeights(model, seed))
  const expected: string[] = []
  for (const [seed, weights] of versions.entries()) {
    runtime.swap(weights, `${seed}`)
    expected.push(String((await runtime.infer(sample()))['y']![0]))
  }
  expect(new Set(expected).size).toBe(10)
  let [swaps, answers, failed, strangers] = [0, 0, 0, 0]
  const caller = async () => {
    while (swaps < 1000) {
      try {
        const version = Number(runtime.version) % 10
        const { y } = await runtime.infer(sample())
        answers++
        if (String(y![0]) !== expected[version]) strangers++
      } catch {
        failed++
      }
      runtime.swap(versions[++swaps % 10]!, `${swaps}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, caller))
  expect({ failed, strangers }).toEqual({ failed: 0, strangers: 0 })
  expect(answers).toBeGreaterThanOrEqual(1000)
  expect(runtime.version).toBe(String(swaps))
  await runtime.close()
})

test('an inference keeps the inputs and weights that it was called with', async () => {
  const runtime = await network.open({ seed: 0 })
  const inputs = sample()
  const expected = byHand(runtime.weights(), sample()).y
  const answer = runtime.infer(inputs)
  inputs.a.fill(99)
  const weights = initialWeights(compiledOf(network), 9)
  runtime.swap(weights, '1')
  weights.fill(7)
  expect((await answer)['y']![0]).toBeCloseTo(expected, 5)
  expect((await runtime.infer(sample()))['y']![0]).toBeCloseTo(
    byHand(initialWeights(compiledOf(network), 9), sample()).y,
    5,
  )
  await runtime.close()
})

test('inferences asked for at once each answer their own sample', async () => {
  const runtime = await network.open({ seed: 0 })
  const samples = Array.from({ length: 8 }, (_, seed) => sample(seed))
  const answers = await Promise.all(samples.map((inputs) => runtime.infer(inputs)))
  for (const [i, inputs] of samples.entries()) expect(await runtime.infer(inputs)).toEqual(answers[i])
  expect(new Set(answers.map(({ y }) => y![0])).size).toBe(8)
  await runtime.close()
})

test('closing waits for running inferences and refuses new ones', async () => {
  const runtime = await network.open({ seed: 0 })
  const running = [runtime.infer(sample(1)), runtime.infer(sample(2))]
  const closed = runtime.close()
  await expect(runtime.infer(sample())).rejects.toMatchObject({ code: 'models.closed' })
  expect(() => runtime.swap(runtime.weights(), '1')).toThrow(/closed/)
  expect((await Promise.all(running)).map(({ y }) => y!.length)).toEqual([1, 1])
  await closed
  await runtime.close()
})

describe('bad input is refused by name', () => {
  const cases = {
    'a tensor of the wrong length': [
      { ...sample(), a: new Float32Array(4) },
      /input 'a' has 4 numbers\. Pass 3, row-major of shape \[1, 3\]/,
    ],
    'a missing tensor': [{ a: new Float32Array(3), unused: new Float32Array(4) }, /input 'b' is missing/],
    'an unknown tensor': [{ ...sample(), unusde: new Float32Array(3) }, /no input 'unusde'\. Did you mean 'unused'\?/],
    'a tensor of doubles': [{ ...sample(), a: new Float64Array(3) as unknown as Float32Array }, /Float32Array/],
  } as const
  test.each(Object.keys(cases) as (keyof typeof cases)[])('%s', async (name) => {
    const runtime = await network.open({ seed: 0 })
    const [inputs, message] = cases[name]
    await expect(runtime.infer(inputs)).rejects.toThrow(message)
    await runtime.close()
  })
  test('weights of another number', async () => {
    const runtime = await network.open({ seed: 0 })
    expect(() => runtime.swap(new Float32Array(3), '1')).toThrow(/3 weights were given, the model has 57/)
    expect(runtime.version).toBe('0')
    await runtime.close()
    expect(() => exportOnnx(network, new Float32Array(3))).toThrow(/3 weights/)
  })
})

test('an exported model gives equal answers in a fresh session, for any batch', async () => {
  const runtime = await network.open({ seed: 3 })
  // Stored weights are packed ahead for the processor, which may round the last bit otherwise.
  const session = await ort.InferenceSession.create(exportOnnx(network, runtime.weights()), {
    extra: { session: { disable_prepacking: '1' } },
  })
  const packing = await ort.InferenceSession.create(exportOnnx(network, runtime.weights()))
  expect(session.inputNames).toEqual(['a', 'b'])
  expect(session.outputNames).toEqual(['y', 'hidden'])
  const samples = [sample(1), sample(2), sample(3)]
  const joined = (name: 'a' | 'b', size: number) =>
    new ort.Tensor('float32', Float32Array.from(samples.flatMap((one) => [...one[name]])), [3, size])
  const { y } = await session.run({ a: joined('a', 3), b: joined('b', 2) })
  const one = { a: new ort.Tensor(samples[0]!.a, [1, 3]), b: new ort.Tensor(samples[0]!.b, [1, 2]) }
  const answer = (await runtime.infer(samples[0]!))['y']!
  expect((await session.run(one))['y']!.data).toEqual(answer)
  expect(((await packing.run(one))['y']!.data as Float32Array)[0]).toBeCloseTo(answer[0]!, 6)
  for (const [i, inputs] of samples.entries()) {
    expect((y!.data as Float32Array)[i]).toBeCloseTo((await runtime.infer(inputs))['y']![0]!, 6)
  }
  await session.release()
  await packing.release()
  await runtime.close()
})

describe('the runtime', () => {
  test('writes outputs in place on this release', async () => expect((await onnxRuntime()).zeroCopy).toBe(true))
  test('gives the same answers when outputs are copied', async () => {
    const copying = await startRuntime(ort, { forceCopy: true })
    expect(copying.zeroCopy).toBe(false)
    const model = compiledOf(network)
    const slow = new NetworkRuntime(model, copying, await copying.open(inferenceGraph(model)), initialWeights(model, 2))
    const fast = await network.open({ seed: 2 })
    expect(await slow.infer(sample())).toEqual(await fast.infer(sample()))
    await slow.close()
    await fast.close()
  })
  test('that is missing is an error with the command that installs it', () => {
    const error = missingRuntime(new Error("Cannot find package 'onnxruntime-node'"))
    expect(error.code).toBe('models.runtime')
    expect(error.message).toContain('ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@~1.30.0')
    expect(missingRuntime('x').message).toContain('(x)')
  })
  test('that fails in a run is an error of the model', async () => {
    const model = compiledOf(network)
    const runtime = await onnxRuntime()
    const session = await runtime.open(inferenceGraph(model))
    const served = new NetworkRuntime(model, runtime, session, initialWeights(model, 2))
    await session.release()
    await expect(served.infer(sample())).rejects.toMatchObject({ code: 'models.inference' })
  })
})

test('a network that defineModel did not make is refused', () => {
  expect(() => exportOnnx({ name: 'other' } as Network, new Float32Array(1))).toThrow(
    /'other' was not made by defineModel/,
  )
})

test('gelu and layerNorm are one operator each where no gradient is asked for, and answer the same', async () => {
  const [a, weights] = [Float32Array.from({ length: 6 }, (_, i) => 3 * Math.sin(i)), Float32Array.of(1.5, -0.5, 2, 0.1, 0.2, -0.3)]
  const shaped = (epsilon: number) => defineModel({
    name: 'shaped', inputs: { a: [2, 3] }, targets: { y: [6] }, batch: 1,
    forward: ({ a: rows }) => ({ y: flatten(gelu(layerNorm(rows, { epsilon }))) }),
    loss: (output, target) => mse(output.y, target.y),
  })
  const operators = (graph: Uint8Array) => readOnnx(graph).graph.nodes.map(({ op }) => op)
  const one = compiledOf(shaped(1e-5))
  expect(operators(inferenceGraph(one))).toEqual(['LayerNormalization', 'Mul', 'Add', 'Gelu', 'Reshape', 'Identity'])
  expect(operators(trainingGraph(one).bytes)).not.toContain('Gelu')
  expect(operators(inferenceGraph(compiledOf(shaped(1e-3))))).not.toContain('LayerNormalization')
  const runtime = await shaped(1e-5).open({ seed: 1 })
  runtime.swap(weights, '1')
  const { y = [] } = await runtime.infer({ a })
  for (const [i, found] of y.entries()) {
    const row = a.subarray(i - (i % 3), i - (i % 3) + 3)
    const average = row.reduce((sum, x) => sum + x) / 3
    const variance = row.reduce((sum, x) => sum + (x - average) ** 2, 0) / 3
    const x = ((a[i]! - average) / Math.sqrt(variance + 1e-5)) * weights[i % 3]! + weights[3 + (i % 3)]!
    expect(found).toBeCloseTo(0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))), 5)
  }
  await runtime.close()
})
