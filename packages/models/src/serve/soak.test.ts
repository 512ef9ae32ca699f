import { createRandom } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { contests } from '../../bench/networks.ts'

test('200 swaps under 8 callers fail no inference, mix no weights, and keep no memory', async () => {
  const { network } = contests[0]!
  const runtime = await network.open({ seed: 1 })
  const random = createRandom(3, 'soak')
  const x = Float32Array.from({ length: 200 }, () => random.normal())
  const [first, second] = [runtime.weights(), runtime.weights().map((weight) => -weight)]
  const answers = new Map<string, number>()
  for (const [version, weights] of [['0', first], ['1', second]] as const) {
    runtime.swap(weights, version)
    answers.set(version, (await runtime.infer({ x })).logits![0]!)
  }
  let [swaps, inferences, wrong] = [0, 0, 0]
  const buffers: number[] = []
  const caller = async () => {
    while (swaps < 200) {
      const version = runtime.version
      const { logits } = await runtime.infer({ x })
      inferences++
      if (logits![0] !== answers.get(version)) wrong++
    }
  }
  const swapper = async () => {
    while (swaps < 200) {
      await runtime.infer({ x }) // between two swaps, others run
      runtime.swap(swaps % 2 === 0 ? first : second, `${swaps % 2}`)
      swaps++
      if (swaps % 50 === 0) buffers.push(process.memoryUsage().arrayBuffers)
    }
  }
  await Promise.all([...Array.from({ length: 8 }, caller), swapper()])
  expect(wrong).toBe(0)
  expect(inferences).toBeGreaterThan(1000)
  // Weights are 69 kB: without reuse, 50 swaps would leave 3.5 MB.
  expect(buffers.at(-1)! - buffers[0]!).toBeLessThan(3e6)
  await runtime.close()
})
