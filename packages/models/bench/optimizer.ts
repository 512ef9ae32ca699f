import { adamW } from '../src/optimize/optimizer.ts'
import { ParameterMemory } from '../src/optimize/parameter-memory.ts'

const SIZE = 835_000

/** Steps of AdamW over 835,000 weights: the WASM kernel, and the same arithmetic as a loop over typed arrays. */
export function optimizers(): { readonly kernel: () => Promise<void>; readonly loop: () => Promise<void> } {
  const optimizer = adamW()
  const memory = new ParameterMemory(new Float32Array(SIZE).fill(0.1), optimizer, 'bench')
  memory.gradients.fill(0.01)
  const [weights, m, v] = [new Float32Array(SIZE).fill(0.1), new Float32Array(SIZE), new Float32Array(SIZE)]
  const gradients = memory.gradients.slice()
  let [power1, power2] = [1, 1]
  return {
    async kernel() {
      memory.update()
    },
    async loop() {
      const { learningRate, weightDecay, beta1, beta2, epsilon } = optimizer
      power1 *= beta1
      power2 *= beta2
      const [decay, rate, rootBias] = [1 - learningRate * weightDecay, learningRate / (1 - power1), 1 / Math.sqrt(1 - power2)]
      let squares = 0
      for (let i = 0; i < SIZE; i++) squares += gradients[i]! * gradients[i]!
      if (!Number.isFinite(squares)) return
      for (let i = 0; i < SIZE; i++) {
        const g = gradients[i]!
        m[i] = beta1 * m[i]! + (1 - beta1) * g
        v[i] = beta2 * v[i]! + (1 - beta2) * g * g
        weights[i] = decay * weights[i]! - (rate * m[i]!) / (rootBias * Math.sqrt(v[i]!) + epsilon)
      }
    },
  }
}
