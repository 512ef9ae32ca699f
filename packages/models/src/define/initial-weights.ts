import { createRandom } from '@tapeloom/core'
import type { CompiledModel } from './compiled-model.ts'

/**
 * First weights of a model: each parameter from a stream of its own, so that adding a layer changes no other.
 * @source He et al. (2015), equation 10; Glorot, Bengio (2010), equation 16
 */
export function initialWeights(model: CompiledModel, seed: number): Float32Array {
  const weights = new Float32Array(model.size)
  for (const { name, node, offset, size } of model.parameters) {
    if (node.leaf?.kind !== 'parameter') continue
    const { initialiser } = node.leaf
    if (initialiser.kind === 'constant') {
      weights.fill(initialiser.value, offset, offset + size)
      continue
    }
    const { fanIn, fanOut } = initialiser
    const bound = Math.sqrt(6 / (initialiser.kind === 'he' ? fanIn : fanIn + fanOut))
    const random = createRandom(seed, model.name, name)
    for (let i = 0; i < size; i++) weights[offset + i] = (2 * random.next() - 1) * bound
  }
  return weights
}
