import { createRandom } from '@tapeloom/core'
import { afterAll, describe, expect, test } from 'vitest'
import { compiledOf } from './define-model.ts'
import { initialWeights } from './initial-weights.ts'
import { PACKED_GRADIENTS, trainingGraph } from './model-graphs.ts'
import { SAMPLE_WEIGHTS } from './sample-weights.ts'
import { onnxRuntime, type Session } from '../onnx/onnx-runtime.ts'
import {
  abs,
  add,
  brier,
  clip,
  concat,
  conv1d,
  crossEntropy,
  defineModel,
  dense,
  div,
  dropout,
  embedding,
  equal,
  exp,
  flatten,
  gather,
  gelu,
  greater,
  huber,
  layerNorm,
  log,
  logSoftmax,
  matmul,
  maximum,
  minimum,
  mean,
  meanPool,
  mse,
  mul,
  pad,
  parameter,
  pick,
  quantile,
  relu,
  reshape,
  selfAttention,
  sigmoid,
  slice,
  softmax,
  sqrt,
  stopGradient,
  sub,
  sum,
  tanh,
  transpose,
  where,
  type Tensor,
} from '../index.ts'

const BATCH = 4
const STEP = 1e-5
type Case = (x: Tensor) => Tensor
/** Gives a batched `[4, 3]` matrix whose every element depends on weights, through smooth functions only. */
const operations: Record<string, Case> = {
  dense: (x) => dense(flatten(x), 2),
  'dense without bias': (x) => dense(flatten(x), 2, { bias: false }),
  'dense over rows': (x) => dense(x, 5),
  relu: (x) => relu(x),
  tanh: (x) => tanh(x),
  sigmoid: (x) => sigmoid(x),
  gelu: (x) => gelu(x),
  exp: (x) => exp(x),
  log: (x) => log(add(exp(x), 1)),
  sqrt: (x) => sqrt(add(exp(x), 1)),
  abs: (x) => abs(x),
  clip: (x) => clip(x, -0.5, 0.7),
  maximum: (x) => maximum(x, transpose(reshape(tanh(x), [3, 4]))),
  'maximum with a number': (x) => maximum(0.1, x),
  add: (x) => add(x, 2, slice(x, 0, 1, 2), x),
  sub: (x) => sub(slice(x, 1, 0, 1), x),
  'sub from a number': (x) => sub(1, x),
  mul: (x) => mul(x, slice(x, 1, 2, 3)),
  'mul of different ranks': (x) => mul(x, sum(x, { axis: 0 })),
  'mul by a scalar per sample': (x) => mul(mean(x), x),
  div: (x) => div(slice(x, 0, 0, 2), add(exp(slice(x, 0, 2, 4)), 0.5)),
  'div by a broadcast': (x) => div(x, add(exp(slice(x, 1, 0, 1)), 0.5)),
  softmax: (x) => softmax(x),
  logSoftmax: (x) => logSoftmax(x),
  concat: (x) => concat(x, tanh(x), slice(x, 1, 1, 3)),
  flatten: (x) => flatten(x),
  reshape: (x) => reshape(x, [2, 6]),
  transpose: (x) => mul(transpose(x), transpose(x)),
  slice: (x) => slice(x, 0, 1, 3),
  'slice with a step': (x) => concat(slice(x, 0, 0, 4, 2), slice(x, 0, 1, 4, 2)),
  'slice with a step and a rest': (x) => slice(x, 1, 0, 3, 2),
  'slice with a step that ends early': (x) => slice(flatten(x), 0, 1, 10, 4),
  pad: (x) => mul(pad(x, 0, 2, 1), 3),
  sum: (x) => sum(x, { axis: -1 }),
  'sum that keeps its axis': (x) => mul(x, sum(x, { axis: 0, keep: true })),
  mean: (x) => mean(x, { axis: 0 }),
  'mean of all': (x) => mean(x),
  matmul: (x) => matmul(x, tanh(transpose(x))),
  layerNorm: (x) => layerNorm(x),
  conv1d: (x) => conv1d(x, 2),
  'conv1d with an even kernel and a stride': (x) => conv1d(x, 3, { kernel: 2, stride: 2 }),
  'conv1d without padding': (x) => conv1d(x, 2, { kernel: 3, padding: 'valid' }),
  'conv1d of more taps than its stride divides': (x) => conv1d(reshape(x, [12, 1]), 2, { kernel: 5, stride: 2 }),
  'conv1d that leaves rows over': (x) => conv1d(reshape(x, [12, 1]), 2, { kernel: 2, stride: 5, padding: 'valid' }),
  'conv1d of a stride of three': (x) => conv1d(reshape(x, [6, 2]), 2, { kernel: 4, stride: 3, bias: false }),
  'conv1d of one row': (x) => conv1d(x, 2, { kernel: 1, stride: 2, padding: 'valid' }),
  'two convolutions': (x) => conv1d(relu(conv1d(reshape(x, [12, 1]), 3, { kernel: 5 })), 2, { kernel: 3, stride: 2 }),
  meanPool: (x) => meanPool(x),
  minimum: (x) => minimum(x, transpose(reshape(tanh(x), [3, 4]))),
  where: (x) => where(greater(x, 0.2), mul(x, x), tanh(x)),
  'where with a broadcast': (x) => where(greater(slice(x, 1, 0, 1), 0), x, slice(x, 0, 1, 2)),
  'transpose of all axes': (x) => mul(transpose(reshape(x, [2, 3, 2]), [2, 0, 1]), transpose(reshape(x, [2, 2, 3]), [0, 1, 2])),
  'gather along the first axis, with repeats': (x) => gather(x, [3, 0, 3]),
  'gather along the last axis': (x) => gather(x, [1, 1, 0, 2], 1),
  pick: (x) => pick(x, add(greater(slice(x, 1, 0, 1), 0), mul(greater(slice(x, 1, 1, 2), 0), 1))),
  'pick with repeats': (x) => pick(x, where(greater(x, 0), 1, 2)),
  embedding: (x) => mul(embedding(add(greater(slice(x, 1, 0, 1), 0), equal(x, x)), 3, 2), 3),
  parameter: (x) => mul(x, parameter([4, 3])),
  'parameter of one row': (x) => add(x, parameter([1, 3], { initialise: 'he' })),
  'matmul of four axes': (x) => {
    const heads = transpose(reshape(x, [2, 3, 2]), [1, 0, 2])
    return matmul(tanh(heads), transpose(heads))
  },
  'matmul with a shared matrix': (x) => matmul(x, parameter([3, 2])),
  'softmax of a product': (x) => matmul(softmax(matmul(x, transpose(x))), x),
  'a detached factor': (x) => mul(stopGradient(equal(x, x)), x),
  selfAttention: (x) => selfAttention(concat(x, slice(x, 1, 0, 1)), { heads: 2 }),
  dropout: (x) => dropout(x, 0.4),
}
const losses: Record<string, { readonly kind: 'class' | 'value'; readonly loss: (x: Tensor, y: Tensor) => Tensor }> = {
  crossEntropy: { kind: 'class', loss: (x, y) => crossEntropy(dense(flatten(x), 3), y) },
  brier: { kind: 'class', loss: (x, y) => brier(dense(flatten(x), 3), y) },
  mse: { kind: 'value', loss: (x, y) => mse(dense(flatten(x), 1), y) },
  huber: { kind: 'value', loss: (x, y) => huber(dense(flatten(x), 1), y, 0.4) },
  quantile: { kind: 'value', loss: (x, y) => quantile(dense(flatten(x), 1), y, 0.8) },
  'sum of losses': {
    kind: 'value',
    loss: (x, y) => add(mse(dense(flatten(x), 1), y), mul(huber(dense(flatten(x), 1), y), 0.3)),
  },
}

const core = (x: Tensor): Tensor => reshape(mul(dense(x, 12), 1.5), [4, 3])
const sizeOf = (tensor: Tensor): number => tensor.shape.reduce((product, size) => product * size, 1)

/** Greatest difference between the graph's gradients and central differences, over the greatest gradient. */
async function gradientError(
  network: Parameters<typeof compiledOf>[0],
  targetOf: (i: number) => number,
): Promise<number> {
  const model = compiledOf(network)
  const runtime = await onnxRuntime()
  const session: Session = await runtime.open(trainingGraph(model, 'float64', true).bytes)
  opened.push(session)
  const random = createRandom(7, model.name)
  const weights = Float64Array.from(initialWeights(model, 3), (weight) => weight + 0.1 * random.normal())
  const feeds = Object.fromEntries(
    [
      ...model.parameters.map(
        ({ name, node, offset, size }) =>
          [name, runtime.tensor(weights.subarray(offset, offset + size), node.dimensions)] as const,
      ),
      [
        'x',
        runtime.tensor(
          Float64Array.from({ length: BATCH * 5 }, () => random.normal()),
          [BATCH, 5],
        ),
      ] as const,
      [
        'mask',
        runtime.tensor(Float64Array.from([1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 0]), [BATCH, 4]),
      ] as const,
      ...[...model.targets].map(([name, { shape }]) => {
        const values = Float64Array.from({ length: BATCH * (shape[0] ?? 1) }, (_, i) => targetOf(i))
        return [`target.${name}`, runtime.tensor(values, [BATCH, ...shape])] as const
      }),
      ...model.dropouts.map(({ name, node, rate }) => {
        const mask = Float64Array.from({ length: BATCH * 12 }, () => (random.next() < rate ? 0 : 1 / (1 - rate)))
        return [name, runtime.tensor(mask, [BATCH, ...node.shape])] as const
      }),
      [SAMPLE_WEIGHTS, runtime.tensor(Float64Array.of(1, 0.25, 2, 0), [BATCH])] as const,
    ].filter(([name]) => session.inputNames.includes(name)),
  )
  const loss = new Float64Array(1)
  const gradients = new Float64Array(model.size)
  const fetches = { loss: runtime.tensor(loss, []), [PACKED_GRADIENTS]: runtime.tensor(gradients, [model.size]) }
  const run = () => session.run(feeds, fetches)
  await run()
  const analytic = gradients.slice()
  let [worst, greatest] = [0, 0]
  for (let i = 0; i < model.size; i++) {
    const weight = weights[i]!
    weights[i] = weight + STEP
    await run()
    const above = loss[0]!
    weights[i] = weight - STEP
    await run()
    const numeric = (above - loss[0]!) / (2 * STEP)
    weights[i] = weight
    worst = Math.max(worst, Math.abs(numeric - analytic[i]!))
    greatest = Math.max(greatest, Math.abs(numeric))
  }
  expect(greatest).toBeGreaterThan(1e-4)
  return worst / greatest
}

const opened: Session[] = []
afterAll(async () => {
  for (const session of opened) await session.release()
})

describe('gradients in float64 equal central differences to 1e-6', () => {
  test.each(Object.keys(operations))('%s', async (name) => {
    const operation = operations[name]!
    // A first definition finds the size of the output, which the target needs.
    let size = 0
    const forward = ({ x }: { readonly x: Tensor }) => {
      const y = flatten(operation(core(x)))
      size = sizeOf(y)
      return { y }
    }
    defineModel({ name, inputs: { x: [5] }, targets: {}, forward, loss: ({ y }) => mean(y) })
    const network = defineModel({
      name,
      inputs: { x: [5] },
      targets: { target: [size] },
      batch: BATCH,
      forward,
      loss: ({ y }, { target }) => mse(y, target),
    })
    expect(await gradientError(network, (i) => Math.cos(i * 3.7))).toBeLessThan(1e-6)
  })

  test('meanPool with a mask', async () => {
    const network = defineModel({
      name: 'masked',
      inputs: { x: [5], mask: [4] },
      targets: { target: [3] },
      batch: BATCH,
      forward: ({ x, mask }) => ({ y: meanPool(core(x), mask) }),
      loss: ({ y }, { target }) => mse(y, target),
    })
    expect(await gradientError(network, (i) => Math.cos(i * 3.7))).toBeLessThan(1e-6)
  })

  test('selfAttention with a mask', async () => {
    const network = defineModel({
      name: 'attended',
      inputs: { x: [5], mask: [4] },
      targets: { target: [12] },
      batch: BATCH,
      forward: ({ x, mask }) => ({ y: flatten(selfAttention(core(x), { heads: 3, mask })) }),
      loss: ({ y }, { target }) => mse(y, target),
    })
    expect(await gradientError(network, (i) => Math.cos(i * 3.7))).toBeLessThan(1e-6)
  })

  test.each(Object.keys(losses))('loss %s', async (name) => {
    const { kind, loss } = losses[name]!
    const network = defineModel({
      name,
      inputs: { x: [5] },
      targets: { target: kind },
      batch: BATCH,
      forward: ({ x }) => ({ y: core(x) }),
      loss: ({ y }, { target }) => loss(y, target),
    })
    expect(await gradientError(network, (i) => (kind === 'class' ? i % 3 : Math.cos(i * 3.7)))).toBeLessThan(1e-6)
  })
})
