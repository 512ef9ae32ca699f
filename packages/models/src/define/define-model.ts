import { TapeloomError, type Network, type Shape, type Shapes, type TargetSet } from '@tapeloom/core'
import { countClasses, dropoutsOf, layOut, type CompiledModel } from './compiled-model.ts'
import { input, nodeOf, type Node } from '../graph/node.ts'
import { div, mul, reduceSum } from '../graph/primitives.ts'
import type { Tensor } from '../graph/tensor.ts'
import { openInference } from '../serve/network-runtime.ts'
import { SAMPLE_WEIGHTS } from './sample-weights.ts'
import { adamW, type Optimizer } from '../optimize/optimizer.ts'
import { openTrainer } from '../train/network-trainer.ts'

/** A model as a user writes it: `forward` and `loss` are called once, with symbols. */
export interface ModelDefinition<I extends Shapes, T extends TargetSet, O extends Readonly<Record<string, Tensor>>> {
  readonly name: string
  /** Shapes of one sample. */
  readonly inputs: I
  readonly targets: T
  forward(inputs: { readonly [K in keyof I]: Tensor }): O
  /** Loss per sample, shape `[]`; a step takes its mean, weighted by the samples' weights. */
  loss(outputs: NoInfer<O>, targets: { readonly [K in keyof T]: Tensor }): Tensor
  /** Default `adamW()`. */
  readonly optimizer?: Optimizer
  /** Samples of one training step; default 64. */
  readonly batch?: number
}

const compiledModels = new WeakMap<Network, CompiledModel>()

/**
 * Defines a network by its forward pass and its loss. Both are recorded as a graph; gradients are derived from it.
 * Targets are tensors: `class` and `value` of shape `[1]`, `[n]` of shape `[n]`.
 * @throws TapeloomError `models.name`, `models.shape`, `models.loss`, `models.batch` where the definition is wrong
 * @example defineModel({ name: 'm', inputs: { x: [2] }, targets: { y: 'value' },
 *   forward: ({ x }) => ({ y: dense(x, 1) }), loss: (output, target) => mse(output.y, target.y) }).outputs // => ['y']
 */
export function defineModel<
  const I extends Shapes,
  const T extends TargetSet,
  O extends Readonly<Record<string, Tensor>>,
>(definition: ModelDefinition<I, T, O>): Network<I, keyof O & string, T> {
  const compiled = compile(definition)
  const network: Network<I, keyof O & string, T> = {
    name: definition.name,
    inputs: definition.inputs,
    outputs: [...compiled.outputs.keys()],
    targets: definition.targets,
    classes: Object.freeze(Object.fromEntries(compiled.classes)),
    batch: compiled.batch,
    open: ({ seed }) => openInference(compiled, seed),
    train: ({ seed }) => openTrainer(compiled, seed),
  }
  compiledModels.set(network, compiled)
  return network
}

/** The graphs behind a network. @throws TapeloomError `models.network` when `defineModel` did not make it */
export function compiledOf(network: Network): CompiledModel {
  const compiled = compiledModels.get(network)
  if (compiled) return compiled
  throw new TapeloomError(
    'models.network',
    `[models] network '${network.name}' was not made by defineModel. Define it in this process.`,
  )
}

function compile<I extends Shapes, T extends TargetSet, O extends Readonly<Record<string, Tensor>>>(
  definition: ModelDefinition<I, T, O>,
): CompiledModel {
  const { name, batch = 64, optimizer = adamW() } = definition
  if (!Number.isInteger(batch) || batch < 1) {
    throw new TapeloomError('models.batch', `[models ${name}] batch is ${batch}. Use a whole number of at least 1.`)
  }
  const inputs = symbols(name, definition.inputs, (shape) => shape)
  const targets = symbols(name, definition.targets, (target) => (typeof target === 'string' ? [1] : target))
  const forwarded = definition.forward(symbolsOf(inputs) as { readonly [K in keyof I]: Tensor })
  const outputs = new Map(
    Object.entries(forwarded).map(([output, tensor]) => [output, nodeOf(tensor, `models ${name} ${output}`)]),
  )
  requireOutputs(name, outputs, inputs)
  const perSample = nodeOf(
    definition.loss(forwarded, symbolsOf(targets) as { readonly [K in keyof T]: Tensor }),
    `models ${name} loss`,
  )
  if (!perSample.batched || perSample.shape.length > 0) {
    throw new TapeloomError(
      'models.loss',
      `[models ${name}] the loss has shape [${perSample.shape.join(', ')}]. ` +
        'Return one number a sample, shape []; mean() makes one.',
    )
  }
  const sampleWeights = input(SAMPLE_WEIGHTS, [-1])
  const loss = div(reduceSum(mul(perSample, sampleWeights), [0]), reduceSum(sampleWeights, [0]))
  const parameters = layOut([...outputs.values(), loss])
  if (parameters.length === 0) {
    throw new TapeloomError(
      'models.parameters',
      `[models ${name}] there is nothing to learn. Use a layer with weights, such as dense().`,
    )
  }
  const layout = [name, ...parameters.map((slot) => `${slot.name}[${slot.node.dimensions.join(',')}]`)].join(' ')
  return {
    name,
    inputShapes: definition.inputs,
    inputs,
    targetSet: definition.targets,
    targets,
    classes: countClasses(loss, targets),
    outputs,
    loss,
    sampleWeights,
    dropouts: dropoutsOf(loss),
    batch,
    optimizer,
    parameters,
    size: parameters.reduce((sum, slot) => sum + slot.size, 0),
    layout,
  }
}

const symbolsOf = (nodes: ReadonlyMap<string, Tensor>): Readonly<Record<string, Tensor>> => Object.fromEntries(nodes)

/** Input nodes by name. */
function symbols<S>(
  model: string,
  shapes: Readonly<Record<string, S>>,
  shapeOf: (shape: S) => readonly number[] | Shape,
): Map<string, Node> {
  return new Map(
    Object.entries(shapes).map(([name, declared]) => {
      const shape = shapeOf(declared)
      requireName(model, name)
      if (shape.length === 0 || !shape.every((size) => Number.isInteger(size) && size > 0)) {
        throw new TapeloomError(
          'models.shape',
          `[models ${model}] '${name}' has shape [${shape.join(', ')}]. Use whole sizes of at least 1.`,
        )
      }
      return [name, input(name, [-1, ...shape])]
    }),
  )
}

function requireName(model: string, name: string): void {
  if (/^[A-Za-z_]\w*$/.test(name)) return
  throw new TapeloomError('models.name', `[models ${model}] '${name}' is no name. Use letters, digits and underscores.`)
}

function requireOutputs(model: string, outputs: ReadonlyMap<string, Node>, inputs: ReadonlyMap<string, Node>): void {
  for (const [name, node] of outputs) {
    requireName(model, name)
    if (inputs.has(name)) {
      throw new TapeloomError('models.name', `[models ${model}] '${name}' is an input and an output. Rename one.`)
    }
    if (!node.batched) {
      throw new TapeloomError(
        'models.shape',
        `[models ${model}] output '${name}' does not depend on an input. Derive it from one.`,
      )
    }
  }
  if (outputs.size === 0)
    throw new TapeloomError('models.name', `[models ${model}] forward returned no output. Return at least one tensor.`)
}
