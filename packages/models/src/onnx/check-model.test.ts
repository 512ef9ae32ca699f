import { describe, expect, test } from 'vitest'
import { contests } from '../../bench/networks.ts'
import { compiledOf } from '../define/define-model.ts'
import { initialWeights } from '../define/initial-weights.ts'
import { networks } from '../train/loss-curves.fixture.ts'
import { inferenceGraph, trainingGraph } from '../define/model-graphs.ts'
import { defineModel, dropout, dense, embedding, exportOnnx, greater, isMissing, mean, pick, where } from '../index.ts'
import { checkOnnx } from './check-model.ts'
import { readOnnx } from './read-model.ts'

const odd = defineModel({
  name: 'odd', inputs: { x: [3], i: [2] }, targets: {},
  forward: ({ x, i }) => ({ y: pick(where(isMissing(x), 0, dropout(dense(x, 3), 0.5)), greater(i, 0)), e: embedding(i, 4, 2) }),
  loss: ({ y, e }) => where(greater(mean(y), 0), mean(y), mean(e)),
})

describe.each([...contests.map(({ network }) => network), ...Object.values(networks), odd].map((one) => [`${one.name}-${one.batch}`, one] as const))(
  'every file of %s', (_, network) => {
    const model = compiledOf(network)
    const files = {
      exported: exportOnnx(network, initialWeights(model, 1)),
      served: inferenceGraph(model),
      'step, packed': trainingGraph(model, 'float32', true).bytes,
      'step, apart': trainingGraph(model, 'float32', false).bytes,
      'step in float64': trainingGraph(model, 'float64', true).bytes,
    }
    test.each(Object.entries(files))('%s is valid, of operator set 20 of the default domain alone', (_name, bytes) => {
      const read = readOnnx(bytes)
      expect(checkOnnx(read)).toEqual([])
      expect([read.irVersion, read.operatorSets]).toEqual([9, { 'ai.onnx': 20 }])
    })
  },
)

test('each broken rule is named', () => {
  const read = readOnnx(exportOnnx(odd, initialWeights(compiledOf(odd), 1)))
  const { graph } = read
  const node = { op: 'Relu', domain: 'ai.onnx', inputs: ['x'], outputs: ['new'], attributes: [], graphs: [] }
  const broken = (change: Partial<typeof graph>) => checkOnnx({ ...read, graph: { ...graph, ...change } })[0]
  const nodes = (change: object) => ({ nodes: [...graph.nodes, { ...node, ...change }] })
  expect(broken(nodes({ inputs: ['absent'] }))).toBe("Relu reads 'absent' before it is made")
  expect(broken(nodes({ outputs: ['x'] }))).toBe("the name 'x' is given twice or empty")
  expect(broken(nodes({ op: 'Strange' }))).toBe('ai.onnx.Strange is no operator that this package writes')
  expect(broken(nodes({ domain: 'q' }))).toMatch(/q\.Relu is no operator/)
  expect(broken(nodes({ inputs: ['x', 'x'] }))).toBe('Relu has 2 inputs')
  expect(broken(nodes({ outputs: ['a', 'b'] }))).toBe('Relu has 2 outputs')
  expect(broken(nodes({ attributes: [{ name: 'axis', kind: 2 }] }))).toBe("Relu has an attribute 'axis' of kind 2")
  expect(broken({ outputs: [{ name: 'never', type: 1, dimensions: [1] }] })).toBe("output 'never' is never made")
  expect(broken({ outputs: [{ name: 'y', type: 0, dimensions: undefined }] })).toBe("'y' has no type or shape")
  expect(broken({ outputs: [{ name: 'y', type: 1, dimensions: [-1] }] })).toBe("'y' has a size of no value")
  expect(broken({ initializers: graph.initializers.map((one) => ({ ...one, rawBytes: 3 })) })).toMatch(/has 3 bytes, not/)
  expect(broken({ name: '' })).toBe('the graph has no name')
  expect(checkOnnx({ ...read, irVersion: 99, operatorSets: {} })).toEqual(['IR version 99 is unknown', 'no operator set is imported'])
})
