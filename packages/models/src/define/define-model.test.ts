import { describe, expect, test } from 'vitest'
import { compiledOf, defineModel } from './define-model.ts'
import { countClasses } from './compiled-model.ts'
import { differentiate } from '../graph/differentiate.ts'
import { constant, input, Node, parameter } from '../graph/node.ts'
import { add, greater, mul, reduceSum } from '../graph/primitives.ts'
import { topologicalOrder } from '../graph/topological-order.ts'
import { brier, crossEntropy, dense, equal, layerNorm, mean, mse, mul as times, relu, reshape, where, type Tensor } from '../index.ts'
import { initialWeights } from './initial-weights.ts'
import { trainingGraph } from './model-graphs.ts'
import { encodeModel } from '../onnx/encode-model.ts'

const model = (spec: {
  readonly inputs?: Record<string, readonly [number]>
  readonly batch?: number
  readonly forward?: (x: Tensor) => Record<string, Tensor>
  readonly loss?: (y: Tensor) => Tensor
}) =>
  defineModel({
    name: 'm',
    inputs: { x: [3], ...spec.inputs },
    targets: { t: 'value' },
    ...(spec.batch !== undefined && { batch: spec.batch }),
    forward: ({ x }) => (spec.forward ?? ((tensor) => ({ y: dense(tensor, 1) })))(x!),
    loss: (output, { t }) => (spec.loss ? spec.loss(output['y']!) : mse(output['y']!, t)),
  })

describe('a wrong definition is refused with its reason', () => {
  const cases: Record<string, readonly [() => unknown, string, RegExp]> = {
    'a loss that is not one number a sample': [
      () => model({ forward: (x) => ({ y: dense(x, 2) }), loss: (y) => y }),
      'models.loss',
      /the loss has shape \[2\]/,
    ],
    'half a batch': [() => model({ batch: 1.5 }), 'models.batch', /batch is 1\.5/],
    'an empty batch': [() => model({ batch: 0 }), 'models.batch', /batch is 0/],
    'an input without elements': [() => model({ inputs: { z: [0] } }), 'models.shape', /'z' has shape \[0\]/],
    'a name with a dot': [() => model({ inputs: { 'a.b': [1] } }), 'models.name', /'a\.b' is no name/],
    'an output named as an input': [
      () => model({ forward: (x) => ({ y: dense(x, 1), x: relu(x) }) }),
      'models.name',
      /'x' is an input and an output/,
    ],
    'no output': [
      () => model({ forward: () => ({}), loss: () => constant(1) }),
      'models.name',
      /forward returned no output/,
    ],
    'an output that no input reaches': [
      () => model({ forward: () => ({ y: constant([1, 2]) }) }),
      'models.shape',
      /'y' does not depend on an input/,
    ],
    'nothing to learn': [
      () => model({ forward: (x) => ({ y: mean(x) }), loss: (y) => y }),
      'models.parameters',
      /nothing to learn/,
    ],
    'an output that is no tensor': [
      () => model({ forward: () => ({ y: 3 as unknown as Tensor }) }),
      'models.tensor',
      /3 is not a tensor/,
    ],
  }
  test.each(Object.keys(cases))('%s', (name) => {
    const [define, code, message] = cases[name]!
    expect(define).toThrow(message)
    expect(define).toThrow(expect.objectContaining({ code }))
  })
})

test('parameters are named by layer and role in the order of use', () => {
  const network = model({
    forward: (x) => ({ y: dense(layerNorm(relu(dense(dense(x, 4, { bias: false }), 2))), 1), z: dense(x, 2) }),
  })
  const { parameters, size, layout } = compiledOf(network)
  expect(parameters.map(({ name }) => name)).toEqual([
    'dense1.weight',
    'dense2.weight',
    'dense2.bias',
    'layerNorm1.gain',
    'layerNorm1.bias',
    'dense3.weight',
    'dense3.bias',
    'dense4.weight',
    'dense4.bias',
  ])
  expect(size).toBe(12 + 10 + 4 + 3 + 8)
  expect(layout).toContain('m dense1.weight[3,4] dense2.weight[4,2] dense2.bias[2]')
})

test('first weights of a layer stay when layers are added behind it', () => {
  const small = compiledOf(model({}))
  const large = compiledOf(model({ forward: (x) => ({ y: dense(x, 1), z: dense(x, 5) }) }))
  expect(initialWeights(large, 3).subarray(0, small.size)).toEqual(initialWeights(small, 3))
})

test('the training graph holds nothing that only the gradient of the inputs needs', () => {
  const counted = (forward: (x: Tensor) => Tensor) => {
    const { loss, parameters } = compiledOf(model({ forward: (x) => ({ y: forward(x) }) }))
    return topologicalOrder(
      differentiate(
        loss,
        parameters.map(({ node }) => node),
      ),
    ).filter(({ op }) => op === 'Gemm').length
  }
  // One product forward and one for the weights' gradient; a second layer adds one of each and one backward.
  expect(counted((x) => dense(x, 1))).toBe(2)
  expect(counted((x) => dense(relu(dense(x, 4)), 1))).toBe(5)
})

test('a parameter that the loss does not reach has gradient 0', () => {
  const [used, idle] = ['used', 'idle'].map((layer) => parameter(layer, 'w', [2], { kind: 'constant', value: 1 })) as [
    Node,
    Node,
  ]
  const gradients = differentiate(reduceSum(mul(used, used), [0]), [used, idle])
  expect(gradients[1]!.dimensions).toEqual([2])
  expect(gradients[1]!.op).toBe('Expand')
})

test('a comparison passes no gradient and an operator without a rule is an error', () => {
  const weight = parameter('layer', 'w', [2], { kind: 'constant', value: 1 })
  const compared = reduceSum(add(greater(weight, constant(0)), weight), [0])
  expect(differentiate(compared, [weight])[0]!.op).toBe('Expand')
  const strange = new Node({ op: 'Strange', inputs: [weight], dimensions: [] })
  expect(() => differentiate(strange, [weight])).toThrow(/operator 'Strange' has no gradient rule/)
})

test('a tensor of another model is refused when the graph is written', () => {
  let stolen: Tensor | undefined
  model({ forward: (x) => ({ y: dense((stolen = x), 1) }) })
  const thief = compiledOf(model({ forward: (x) => ({ y: dense(add(x as Node, stolen as Node), 1) }) }))
  expect(() => trainingGraph(thief)).toThrow(/tensor of another model/)
})

test('the number of classes is that of the scores they are compared with', () => {
  const network = defineModel({
    name: 'c',
    inputs: { x: [2] },
    targets: { kind: 'class', idle: 'class' },
    forward: ({ x }) => ({ y: dense(x, 4) }),
    loss: ({ y }, { kind }) => brier(y, kind),
  })
  const { classes, loss, targets } = compiledOf(network)
  expect(classes).toEqual(new Map([['kind', 4]]))
  expect(countClasses(loss, targets)).toEqual(classes)
})

test('a model file starts as the format asks: IR version 9, then the producer', () => {
  const x = input('x', [-1])
  const bytes = encodeModel({ name: 'g', batch: undefined, inputs: new Map([['x', x]]), outputs: new Map([['y', x]]) })
  expect([...bytes.subarray(0, 4)]).toEqual([0x08, 9, 0x12, 8])
  expect(new TextDecoder().decode(bytes.subarray(4, 12))).toBe('tapeloom')
})

test('names, shapes and bindings are types', () => {
  const network = defineModel({
    name: 'n',
    inputs: { book: [2], bars: [60, 5] },
    targets: { direction: 'class' },
    forward: ({ book }) => ({ direction: dense(book, 3) }),
    loss: (output, target) => {
      // @ts-expect-error no such output
      void output.directoin
      // @ts-expect-error no such target
      void target.move
      return brier(output.direction, target.direction)
    },
  })
  expect(network.outputs[0] satisfies 'direction' | undefined).toBe('direction')
  expect(network.inputs.bars satisfies readonly [60, 5]).toEqual([60, 5])
  expect(network.batch).toBe(64)
  expect(() =>
    defineModel({
      name: 'n',
      inputs: { x: [1] },
      targets: {},
      // @ts-expect-error no such input
      forward: ({ y }) => ({ z: dense(y, 1) }),
      loss: ({ z }) => mean(z),
    }),
  ).toThrow(/undefined is not a tensor/)
})

test('a target may be compared with a number beside its scores', () => {
  const network = defineModel({
    name: 'weighted', inputs: { x: [2] }, targets: { kind: 'class' },
    forward: ({ x }) => ({ scores: dense(x, 3) }),
    loss: ({ scores }, { kind }) => times(crossEntropy(scores, kind), reshape(where(equal(kind, 1), 2, 1), [])),
  })
  expect(compiledOf(network).classes).toEqual(new Map([['kind', 3]]))
})
