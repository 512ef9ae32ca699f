import { suggestion, TapeloomError, type Tensors } from '@tapeloom/core'
import type { CompiledModel } from './compiled-model.ts'
import type { Node } from '../graph/node.ts'

/**
 * Checks that `tensors` holds `samples` samples of each of `nodes` and nothing else.
 * @throws TapeloomError `models.input` or `models.target` that names the tensor and both lengths
 */
export function requireTensors(
  model: CompiledModel,
  kind: 'input' | 'target',
  nodes: ReadonlyMap<string, Node>,
  tensors: Tensors,
  samples: number,
): void {
  const fail = (what: string) => new TapeloomError(`models.${kind}`, `[models ${model.name}] ${what}`)
  for (const name of Object.keys(tensors)) {
    if (!nodes.has(name))
      throw fail(`there is no ${kind} '${name}'.${suggestion(name, nodes.keys())} Use ${[...nodes.keys()].join(', ')}.`)
  }
  for (const [name, node] of nodes) {
    const tensor = tensors[name]
    const size = node.shape.reduce((product, length) => product * length, samples)
    if (!(tensor instanceof Float32Array))
      throw fail(`${kind} '${name}' is missing. Pass a Float32Array of ${size} numbers.`)
    if (tensor.length !== size) {
      const shape = `[${[samples, ...node.shape].join(', ')}]`
      throw fail(`${kind} '${name}' has ${tensor.length} numbers. Pass ${size}, row-major of shape ${shape}.`)
    }
  }
}
