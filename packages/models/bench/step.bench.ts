import { cpus } from 'node:os'
import { createRandom } from '@tapeloom/core'
import { compiledOf } from '../src/define-model.ts'
import { crossEntropy, defineModel, dense, relu } from '../src/index.ts'
import { initialWeights } from '../src/initial-weights.ts'
import { planTraining } from '../src/network-trainer.ts'
import { TrainingSession } from '../src/training-session.ts'

// Prints the time of one training step of two dense networks, batch 64, as JSON: CPU of the process and wall, in this
// thread and through the worker; and of one inference and one swap. Medians of 9 rounds.
const ROUNDS = 9
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

function network(inputs: number, hidden: number) {
  return defineModel({
    name: `mlp${inputs}`,
    inputs: { x: [inputs] },
    targets: { y: 'class' },
    forward: ({ x }) => ({ logits: dense(relu(dense(relu(dense(x, hidden)), hidden)), 3) }),
    loss: (output, target) => crossEntropy(output.logits, target.y),
  })
}

async function measure(inputs: number, hidden: number, steps: number) {
  const net = network(inputs, hidden)
  const random = createRandom(1)
  const x = Float32Array.from({ length: 64 * inputs }, () => random.normal())
  const y = Float32Array.from({ length: 64 }, () => random.integer(3))
  const weights = new Float32Array(64).fill(1)
  const compiled = compiledOf(net)
  const session = await TrainingSession.open(planTraining(compiled, initialWeights(compiled, 1)))
  const trainer = await net.train({ seed: 1 })
  const local = async () => void (await session.step({ x, 'target.y': y, 'sample.weight': weights }))
  const remote = async () => void (await trainer.step({ samples: 64, inputs: { x }, targets: { y }, weights }))
  const time = async (step: () => Promise<void>) => {
    for (let i = 0; i < steps; i++) await step()
    const rounds: { cpu: number; wall: number }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const [usage, start] = [process.cpuUsage(), process.hrtime.bigint()]
      for (let i = 0; i < steps; i++) await step()
      const { user, system } = process.cpuUsage(usage)
      rounds.push({ cpu: (user + system) / 1e3 / steps, wall: Number(process.hrtime.bigint() - start) / 1e6 / steps })
    }
    return { cpuMs: median(rounds.map(({ cpu }) => cpu)), wallMs: median(rounds.map(({ wall }) => wall)) }
  }
  const served = await net.open({ seed: 1 })
  const [sample, flat] = [x.slice(0, inputs), served.weights()]
  const infer = await time(async () => void (await served.infer({ x: sample })))
  const swap = await time(async () => served.swap(flat, '1'))
  const result = {
    model: `mlp ${inputs}-${hidden}-${hidden}-3 (64)`,
    weights: compiled.size,
    step: await time(local),
    worker: await time(remote),
    infer,
    swap,
  }
  await session.close()
  await trainer.close()
  await served.close()
  return result
}

const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.versions.node}`
console.log(JSON.stringify({ machine, results: [await measure(200, 64, 300), await measure(3000, 256, 20)] }, null, 2))
