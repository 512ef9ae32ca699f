import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { compiledOf } from '../define/define-model.ts'
import { PACKED_GRADIENTS, trainingGraph } from '../define/model-graphs.ts'
import { planTraining } from './network-trainer.ts'
import { onnxRuntime } from '../onnx/onnx-runtime.ts'
import type { Optimizer } from '../optimize/optimizer.ts'
import { TrainingSession } from './training-session.ts'
import { BATCH, firstValues, networks, tensorsOf } from './loss-curves.fixture.ts'

const goldenOf = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../goldens/${name}.json`, import.meta.url), 'utf8')) as { weights: number; losses: number[] }
const firstWeights = (name: string) =>
  compiledOf(networks[name]!).parameters.flatMap((slot) => firstValues(slot.name, slot.offset, slot.size))

/** The optimisers as written in their papers, in float64; `state` holds m and v. */
function update(weights: Float64Array, gradients: Float64Array, state: readonly Float64Array[], o: Optimizer, step: number): void {
  const [m, v] = [state[0]!, state[1]!]
  gradients.forEach((g, i) => {
    weights[i]! *= 1 - o.learningRate * o.weightDecay
    if (o.kind === 'sgd') {
      m[i] = o.momentum * m[i]! + g
      weights[i]! -= o.learningRate * m[i]!
      return
    }
    m[i] = o.beta1 * m[i]! + (1 - o.beta1) * g
    v[i] = o.beta2 * v[i]! + (1 - o.beta2) * g * g
    const [mean, square] = [m[i]! / (1 - o.beta1 ** step), v[i]! / (1 - o.beta2 ** step)]
    weights[i]! -= (o.learningRate * mean) / (Math.sqrt(square) + o.epsilon)
  })
}

async function curve64(name: string, steps: number): Promise<number[]> {
  const network = networks[name]!
  const model = compiledOf(network)
  const runtime = await onnxRuntime()
  const session = await runtime.open(trainingGraph(model, 'float64', true).bytes)
  const weights = Float64Array.from(firstWeights(name))
  const [loss, gradients] = [new Float64Array(1), new Float64Array(model.size)]
  const state = [new Float64Array(model.size), new Float64Array(model.size)]
  const parameters = model.parameters.map(
    (slot) => [slot.name, runtime.tensor(weights.subarray(slot.offset, slot.offset + slot.size), slot.node.dimensions)] as const,
  )
  const shapes: Record<string, readonly number[]> = { ...(network.inputs as object), 'target.y': [1], 'sample.weight': [] }
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const fed = Object.entries(tensorsOf(network, step)).map(
      ([tensor, values]) => [tensor, runtime.tensor(Float64Array.from(values), [BATCH, ...shapes[tensor]!])] as const,
    )
    await session.run(Object.fromEntries([...parameters, ...fed]), {
      loss: runtime.tensor(loss, []), [PACKED_GRADIENTS]: runtime.tensor(gradients, [model.size]),
    })
    losses.push(loss[0]!)
    update(weights, gradients, state, model.optimizer, step + 1)
  }
  await session.release()
  return losses
}

async function curve32(name: string, steps: number): Promise<number[]> {
  const session = await TrainingSession.open(planTraining(compiledOf(networks[name]!), Float32Array.from(firstWeights(name))))
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const tensors = Object.entries(tensorsOf(networks[name]!, step)).map(([tensor, values]) => [tensor, Float32Array.from(values)])
    losses.push((await session.step(Object.fromEntries(tensors))).loss)
  }
  await session.close()
  return losses
}

const worst = (found: readonly number[], golden: readonly number[]) =>
  Math.max(...golden.map((value, i) => Math.abs(found[i]! - value) / Math.abs(value)))

describe.each(Object.keys(networks))('40 losses of %s equal those of PyTorch in float64', (name) => {
  test('within 1e-12 in float64', async () => {
    const { losses, weights } = await goldenOf(name)
    expect(weights).toBe(compiledOf(networks[name]!).size)
    expect(losses).toHaveLength(40)
    expect(worst(await curve64(name, 40), losses)).toBeLessThan(1e-12)
  })
  test('within 1e-4 in float32, kernels included', async () => {
    const { losses } = await goldenOf(name)
    expect(worst(await curve32(name, 40), losses)).toBeLessThan(1e-4)
  })
})
