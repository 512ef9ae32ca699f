import { expect, test } from 'vitest'
import { compiledOf } from './define-model.ts'
import { BATCH, firstValues, networks, tensorsOf } from '../train/loss-curves.fixture.ts'
import { PACKED_GRADIENTS, trainingGraph } from './model-graphs.ts'
import { onnxRuntime } from '../onnx/onnx-runtime.ts'

const STEP = 1e-5

test.each(['mlp', 'cnn', 'transformer'])('every 7th gradient of %s in float64 equals central differences to 1e-6', async (name) => {
  const network = networks[name]!
  const model = compiledOf(network)
  const runtime = await onnxRuntime()
  const session = await runtime.open(trainingGraph(model, 'float64', true).bytes)
  const weights = Float64Array.from(model.parameters.flatMap((slot) => firstValues(slot.name, slot.offset, slot.size)))
  const shapes: Record<string, readonly number[]> = { ...(network.inputs as object), 'target.y': [1], 'sample.weight': [] }
  const feeds = Object.fromEntries([
    ...Object.entries(tensorsOf(network, 3)).map(
      ([tensor, values]) => [tensor, runtime.tensor(Float64Array.from(values), [BATCH, ...shapes[tensor]!])] as const),
    ...model.parameters.map(
      (slot) => [slot.name, runtime.tensor(weights.subarray(slot.offset, slot.offset + slot.size), slot.node.dimensions)] as const),
  ])
  const [loss, gradients] = [new Float64Array(1), new Float64Array(model.size)]
  const run = async () => {
    await session.run(feeds, { loss: runtime.tensor(loss, []), [PACKED_GRADIENTS]: runtime.tensor(gradients, [model.size]) })
    return loss[0]!
  }
  await run()
  const analytic = gradients.slice()
  let worst = 0
  for (let i = 0; i < model.size; i += 7) {
    const weight = weights[i]!
    weights[i] = weight + STEP
    const above = await run()
    weights[i] = weight - STEP
    worst = Math.max(worst, Math.abs((above - (await run())) / (2 * STEP) - analytic[i]!))
    weights[i] = weight
  }
  await session.release()
  expect(worst / Math.max(...analytic.map(Math.abs))).toBeLessThan(1e-6)
})
