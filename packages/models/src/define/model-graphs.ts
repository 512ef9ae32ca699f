import { sliceWeights, type CompiledModel } from './compiled-model.ts'
import { differentiate } from '../graph/differentiate.ts'
import type { Node } from '../graph/node.ts'
import { concat, reshape } from '../graph/primitives.ts'
import { encodeModel, type Precision } from '../onnx/encode-model.ts'
import { SAMPLE_WEIGHTS } from './sample-weights.ts'

/** Below this many weights one packed output costs less than one a parameter. */
const PACKED_WEIGHTS = 100_000

const parameterInputs = (model: CompiledModel): [string, Node][] =>
  model.parameters.map(({ name, node }) => [name, node])

/** Name of a target and of a gradient among the tensors of a training graph. */
export const targetName = (name: string): string => `target.${name}`
export const gradientName = (parameter: string): string => `gradient.${parameter}`
/** The output that holds all gradients in the order of the flat weights, where the graph packs them. */
export const PACKED_GRADIENTS = 'gradients'

/** The graph that answers: inputs and parameters in, outputs out, any number of samples. */
export function inferenceGraph(model: CompiledModel): Uint8Array {
  return encodeModel({
    name: model.name,
    batch: undefined,
    fused: true,
    inputs: new Map([...model.inputs, ...parameterInputs(model)]),
    outputs: model.outputs,
  })
}

/** The graph that answers, with its weights in the file. */
export function bakedGraph(model: CompiledModel, weights: Float32Array): Uint8Array {
  return encodeModel({
    name: model.name,
    batch: undefined,
    fused: true,
    inputs: model.inputs,
    outputs: model.outputs,
    stored: sliceWeights(model, weights),
  })
}

export interface TrainingGraph {
  readonly bytes: Uint8Array
  readonly packed: boolean
}

/** The graph of one training step: a static batch, weights and parameters in; loss and gradients out. */
export function trainingGraph(
  model: CompiledModel,
  precision: Precision = 'float32',
  packed = model.size < PACKED_WEIGHTS,
): TrainingGraph {
  const gradients = differentiate(
    model.loss,
    model.parameters.map(({ node }) => node),
  )
  const outputs = new Map([['loss', model.loss]])
  if (packed)
    outputs.set(
      PACKED_GRADIENTS,
      concat(
        gradients.map((gradient, i) => reshape(gradient, [model.parameters[i]!.size])),
        0,
      ),
    )
  else model.parameters.forEach(({ name }, i) => outputs.set(gradientName(name), gradients[i]!))
  const inputs = new Map([
    ...model.inputs,
    ...[...model.targets].map(([name, node]): [string, Node] => [targetName(name), node]),
    [SAMPLE_WEIGHTS, model.sampleWeights] as const,
    ...model.dropouts.map(({ name, node }): [string, Node] => [name, node]),
    ...parameterInputs(model),
  ])
  return { bytes: encodeModel({ name: `${model.name}.step`, batch: model.batch, inputs, outputs, precision }), packed }
}
