import { TapeloomError, type AnyDefinition, type Binding, type Lane, type Shape } from '@tapeloom/core'
import type { ReferenceInput } from './inference-frame-reference.ts'

/**
 * What feeds each input of a model's network, masks too, in the network's order.
 * @throws TapeloomError `training.input` when an input is neither bound nor the mask of a bound one
 */
export function inputsOf(definition: AnyDefinition): readonly ReferenceInput[] {
  const { model } = definition
  if (!model) throw new TapeloomError('training.input', `[module ${definition.name}] has no model. Train a model module.`)
  const bindings = model.inputs as Readonly<Record<string, Binding>>
  const shapes = Object.entries(model.network.inputs as Readonly<Record<string, Shape>>)
  return Object.freeze(shapes.map(([name, shape]) => Object.freeze(inputOf(definition.name, name, shape, bindings))))
}

function inputOf(model: string, name: string, shape: Shape, bindings: Readonly<Record<string, Binding>>): ReferenceInput {
  const binding = bindings[name]
  if (binding !== undefined) return { name, shape, ...bound(binding) }
  const of = name.replace(/Mask$/, '')
  if (of !== name && bindings[of] !== undefined) return { name, shape, kind: 'mask', of }
  throw new TapeloomError('training.input', `[model ${model}] input '${name}' is fed by nothing. Bind it to columns or a lane.`)
}

function bound(binding: Binding) {
  if ('block' in binding) return { kind: 'extras' } as const
  if ('timeframe' in binding) return { kind: 'lane', lane: binding as Lane } as const
  return { kind: 'columns' } as const
}

/** Numbers of one sample of an input. */
export const sizeOf = ({ shape }: ReferenceInput): number => shape.reduce((product, size) => product * size, 1)
