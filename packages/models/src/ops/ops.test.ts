import { describe, expect, test } from 'vitest'
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
  exp,
  gelu,
  huber,
  layerNorm,
  log,
  logSoftmax,
  matmul,
  maximum,
  mean,
  meanPool,
  mse,
  mul,
  pad,
  quantile,
  relu,
  reshape,
  sigmoid,
  slice,
  softmax,
  sqrt,
  sub,
  sum,
  tanh,
  transpose,
  type Tensor,
} from '../index.ts'
import { nodeOf } from '../graph/node.ts'

const X = [-1.5, 0, 0.5, 2, -0.25, 3]

/** What an operation makes of the 3 × 2 matrix X (and y); a network needs weights, so an unused output has some. */
async function evaluate(operation: (x: Tensor, y: Tensor) => Tensor, y: readonly number[] = [1]): Promise<number[]> {
  const network = defineModel({
    name: 'values',
    inputs: { x: [3, 2], y: [y.length] },
    targets: {},
    forward: (inputs) => ({ out: operation(inputs.x, inputs.y), learnt: dense(inputs.x, 1) }),
    loss: ({ learnt }) => mean(learnt),
  })
  const runtime = await network.open({ seed: 1 })
  const { out } = await runtime.infer({ x: Float32Array.from(X), y: Float32Array.from(y) })
  await runtime.close()
  return [...out!]
}
const expectNear = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
}
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const softmaxOf = (row: readonly number[]) => row.map((value) => Math.exp(value) / total(row.map(Math.exp)))
const ROWS = [
  [-1.5, 0],
  [0.5, 2],
  [-0.25, 3],
] as const

describe('operations on elements', () => {
  const cases: Record<string, readonly [(x: Tensor) => Tensor, (x: number) => number]> = {
    relu: [relu, (x) => Math.max(0, x)],
    tanh: [tanh, Math.tanh],
    sigmoid: [sigmoid, (x) => 1 / (1 + Math.exp(-x))],
    gelu: [gelu, (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))],
    exp: [exp, Math.exp],
    abs: [abs, Math.abs],
    clip: [(x) => clip(x, -1, 1), (x) => Math.min(1, Math.max(-1, x))],
    log: [(x) => log(exp(x)), (x) => x],
    sqrt: [(x) => sqrt(mul(x, x)), Math.abs],
    add: [(x) => add(x, 1, x), (x) => 2 * x + 1],
    sub: [(x) => sub(1, x), (x) => 1 - x],
    mul: [(x) => mul(x, 3), (x) => 3 * x],
    div: [(x) => div(x, 4), (x) => x / 4],
    maximum: [(x) => maximum(x, 0.3), (x) => Math.max(x, 0.3)],
  }
  test.each(Object.keys(cases))('%s equals its formula', async (name) => {
    const [operation, formula] = cases[name]!
    expectNear(await evaluate(operation), X.map(formula))
  })

  test('gelu stays within 5e-4 of x Φ(x)', async () => {
    // Φ from its series: x + x³/(2·3) ± …, enough terms for |x| ≤ 3.
    const phi = (x: number) => {
      let [term, series] = [x, x]
      for (let n = 1; n < 60; n++) series += (term *= (-x * x) / (2 * n)) / (2 * n + 1)
      return 0.5 + series / Math.sqrt(2 * Math.PI)
    }
    const values = await evaluate(gelu)
    values.forEach((value, i) => expect(Math.abs(value - X[i]! * phi(X[i]!))).toBeLessThan(5e-4))
  })
})

describe('operations on samples', () => {
  test('softmax runs along the last axis', async () => expectNear(await evaluate(softmax), ROWS.flatMap(softmaxOf)))
  test('logSoftmax is the logarithm of softmax', async () =>
    expectNear(await evaluate(logSoftmax), ROWS.flatMap(softmaxOf).map(Math.log)))
  test('sum and mean reduce one axis or all', async () => {
    expectNear(await evaluate((x) => sum(x, { axis: 0 })), [-1.25, 5])
    expectNear(await evaluate((x) => sum(x, { axis: -1, keep: true })), [-1.5, 2.5, 2.75])
    expectNear(await evaluate((x) => reshape(mean(x), [1])), [total(X) / 6])
  })
  test('concat, slice, pad, transpose move elements', async () => {
    expectNear(await evaluate((x) => concat(x, slice(x, 1, 1, 2))), [-1.5, 0, 0, 0.5, 2, 2, -0.25, 3, 3])
    expectNear(await evaluate((x) => slice(x, 0, 0, 3, 2)), [-1.5, 0, -0.25, 3])
    expectNear(await evaluate((x) => pad(x, 1, 1, 0)), [0, -1.5, 0, 0, 0.5, 2, 0, -0.25, 3])
    expectNear(await evaluate((x) => transpose(x)), [-1.5, 0.5, -0.25, 0, 2, 3])
  })
  test('matmul multiplies matrices', async () =>
    expectNear(await evaluate((x) => matmul(transpose(x), x)), [2.5625, 0.25, 0.25, 13]))
  test('layerNorm gives each row mean 0 and variance 1', async () => {
    const normed = ROWS.flatMap(([a, b]) => [a, b].map((x) => (x - (a + b) / 2) / Math.sqrt(((a - b) / 2) ** 2 + 1e-5)))
    expectNear(await evaluate((x) => layerNorm(x)), normed)
  })
  test('meanPool averages the rows that the mask keeps, and gives 0 where it keeps none', async () => {
    expectNear(await evaluate((x) => meanPool(x)), [-1.25 / 3, 5 / 3])
    expectNear(await evaluate((x, mask) => meanPool(x, mask), [1, 0, 1]), [-0.875, 1.5])
    expectNear(await evaluate((x, mask) => meanPool(x, mask), [0, 0, 0]), [0, 0])
  })
})

test.each([
  [3, 1, 'same'],
  [2, 1, 'same'],
  [2, 2, 'same'],
  [2, 1, 'valid'],
  [3, 2, 'valid'],
] as const)('conv1d with kernel %i, stride %i, padding %s equals nested loops', async (kernel, stride, padding) => {
  const network = defineModel({
    name: 'conv',
    inputs: { x: [6, 2] },
    targets: {},
    forward: ({ x }) => ({ out: conv1d(x, 3, { kernel, stride, padding }) }),
    loss: ({ out }) => mean(out),
  })
  const runtime = await network.open({ seed: 5 })
  const x = Array.from({ length: 12 }, (_, i) => Math.sin(i * 1.3))
  const weights = runtime.weights()
  const { out } = await runtime.infer({ x: Float32Array.from(x) })
  await runtime.close()
  const before = padding === 'same' ? Math.floor((kernel - 1) / 2) : 0
  const rows = padding === 'same' ? Math.ceil(6 / stride) : Math.floor((6 - kernel) / stride) + 1
  const expected: number[] = []
  for (let row = 0; row < rows; row++) {
    for (let channel = 0; channel < 3; channel++) {
      let value = 0
      for (let tap = 0; tap < kernel; tap++) {
        const source = row * stride + tap - before
        for (let column = 0; column < 2; column++)
          value += (x[source * 2 + column] ?? 0) * weights[(tap * 2 + column) * 3 + channel]!
      }
      expected.push(value)
    }
  }
  expectNear([...out!], expected)
})

describe('losses', () => {
  /** Loss of one sample with the scores [0.5, −1, 2] (or the first of them) as an output of a network. */
  const lossOf = (loss: (x: Tensor, y: Tensor) => Tensor, target: number, width = 3) =>
    evaluate((x, y) => reshape(loss(slice(y, 0, 0, width), slice(y, 0, 3, 4)), [1]), [0.5, -1, 2, target]).then(
      ([value]) => value!,
    )
  const probabilities = softmaxOf([0.5, -1, 2])
  test('crossEntropy is −log of the probability of the class', async () => {
    expect(await lossOf(crossEntropy, 1)).toBeCloseTo(-Math.log(probabilities[1]!), 5)
  })
  test('brier is the sum of squared differences to the class', async () => {
    const [a, b, c] = probabilities as [number, number, number]
    expect(await lossOf(brier, 0)).toBeCloseTo((a - 1) ** 2 + b ** 2 + c ** 2, 5)
  })
  test('mse is the squared error', async () => expect(await lossOf(mse, 3, 1)).toBeCloseTo(6.25, 5))
  test('huber is quadratic inside and linear outside of delta', async () => {
    expect(await lossOf((x, y) => huber(x, y, 1), 1.25, 1)).toBeCloseTo(0.5 * 0.75 ** 2, 5)
    expect(await lossOf((x, y) => huber(x, y, 1), 3, 1)).toBeCloseTo(2.5 - 0.5, 5)
    expect(await lossOf((x, y) => huber(x, y, 2), -3, 1)).toBeCloseTo(2 * (3.5 - 1), 5)
  })
  test('quantile weighs errors below and above by q', async () => {
    expect(await lossOf((x, y) => quantile(x, y, 0.9), 1.5, 1)).toBeCloseTo(0.9, 5)
    expect(await lossOf((x, y) => quantile(x, y, 0.9), -0.5, 1)).toBeCloseTo(0.1, 5)
  })
})

describe('wrong shapes are refused by name', () => {
  const inputs = (use: (x: Tensor) => Tensor) => () =>
    defineModel({
      name: 'bad',
      inputs: { x: [4, 3] },
      targets: {},
      forward: ({ x }) => ({ y: dense(use(x), 1) }),
      loss: ({ y }) => mean(y),
    })
  const cases: Record<string, readonly [(x: Tensor) => Tensor, RegExp]> = {
    'sizes that do not match': [
      (x) => add(x, slice(x, 1, 0, 2)),
      /\[models Add\] shapes \[batch, 4, 3\] and \[batch, 4, 2\] do not match/,
    ],
    'nothing to add': [() => add(), /nothing to add/],
    'nothing to join': [() => concat(), /nothing to join/],
    'joining unequal rows': [(x) => concat(x, transpose(x)), /differ outside of axis 2/],
    'reshaping to another number': [(x) => reshape(x, [5]), /does not fit/],
    'slicing past the end': [(x) => slice(x, 0, 2, 5), /2\.\.5 is outside/],
    'an axis that does not exist': [(x) => sum(x, { axis: 2 }), /axis 2 does not exist/],
    'transposing a vector': [(x) => transpose(sum(x, { axis: 0 })), /axis 1 does not exist/],
    'half a unit': [(x) => dense(x, 1.5), /units is 1\.5/],
    'a dense layer of a scalar': [(x) => dense(mean(x), 2), /rank of its input is 0/],
    'a convolution of a vector': [(x) => conv1d(sum(x, { axis: 0 }), 2), /is no matrix/],
    'a kernel longer than the rows': [(x) => conv1d(x, 2, { kernel: 9, padding: 'valid' }), /number of output rows/],
    'pooling a vector': [(x) => meanPool(sum(x, { axis: 0 })), /is no matrix/],
    'a product of unequal inner sizes': [(x) => matmul(x, x), /do not match/],
    'an error of unequal shapes': [(x) => mse(x, slice(x, 1, 0, 1)), /differ/],
    'classes of a matrix': [(x) => crossEntropy(x, slice(x, 1, 0, 1)), /one score a class/],
    'a quantile of 1': [(x) => quantile(x, x, 1), /q is 1/],
  }
  test.each(Object.keys(cases))('%s', (name) => {
    const [operation, message] = cases[name]!
    expect(inputs(operation)).toThrow(message)
  })
  test('a tensor from elsewhere', () =>
    expect(() => nodeOf({ shape: [2] }, 'models relu')).toThrow(/not a tensor of this package/))
})
