import { TapeloomError, type FedTensor, type Plain, type RebuildRequest } from '@tapeloom/core'
import type { InferenceFrameReference, ReferenceInput } from './inference-frame-reference.ts'
import { sizeOf } from './reference-inputs.ts'

/** Everything needed to build a reference's tensors again. */
export type Rebuildable = Pick<
  InferenceFrameReference,
  'id' | 'symbol' | 'sequence' | 'schemaHash' | 'lanes' | 'norm' | 'extras' | 'contentHash'
>

/** What a lane reader is asked, and what is to do when it has answered. */
export interface Rebuilding {
  readonly requests: readonly RebuildRequest[]
  finish(): void
}

/**
 * Prepares `tensors` (one an input, masks too) to be filled from the series of a reference; what the reference itself
 * holds is written at once. @throws TapeloomError `training.inputs` when an input has no range
 */
export function rebuilding(
  reference: Rebuildable,
  inputs: readonly ReferenceInput[],
  tensors: Readonly<Record<string, Float32Array>>,
): Rebuilding {
  const requests: RebuildRequest[] = []
  const scattered: (() => void)[] = []
  for (const input of inputs) {
    if (input.kind === 'mask') continue
    const tensor = tensors[input.name]!
    const masked = inputs.find((other) => other.kind === 'mask' && other.of === input.name)
    const mask = (masked && tensors[masked.name]) ?? new Float32Array(input.kind === 'lane' ? input.shape[0]! : sizeOf(input))
    if (input.kind === 'extras') {
      writeExtras(reference.extras[input.name] ?? [], tensor, mask)
      continue
    }
    const range = reference.lanes.find((lane) => lane.input === input.name)
    if (!range) throw missingRange(reference.id, input.name)
    const frame = { ...range, norm: reference.norm[input.name] ?? [], quality: 1, taint: [] }
    const common = { symbol: reference.symbol, frame, knownBy: reference.sequence }
    if (input.kind === 'lane') requests.push({ ...common, binding: input.lane, tensor, mask })
    else if (!range.columns.includes('')) requests.push({ ...common, binding: range.columns, tensor, mask })
    else {
      const present = range.columns.flatMap((column, i) => (column === '' ? [] : [i]))
      const [values, masks] = [new Float32Array(present.length), new Float32Array(present.length)]
      const binding = present.map((i) => range.columns[i]!)
      if (present.length > 0) requests.push({ ...common, binding, tensor: values, mask: masks })
      scattered.push(() => scatter(present, values, masks, tensor, mask))
    }
  }
  return { requests, finish: () => scattered.forEach((write) => write()) }
}

/** Tensors of one sample, all zero. */
export const emptyTensors = (inputs: readonly ReferenceInput[]): Readonly<Record<string, Float32Array>> =>
  Object.fromEntries(inputs.map((input) => [input.name, new Float32Array(sizeOf(input))]))

/** Tensors by name as they are hashed: in the network's order. */
export const fedTensors = (inputs: readonly ReferenceInput[], tensors: Readonly<Record<string, Float32Array>>): FedTensor[] =>
  inputs.map(({ name, shape }) => ({ name, shape, data: tensors[name]! }))

/** The numbers that no series can give back, from the tensors of an inference; NaN where they were masked. */
export function extrasOf(inputs: readonly ReferenceInput[], tensors: readonly FedTensor[]): Float32Array {
  const values: number[] = []
  for (const input of inputs) {
    if (input.kind !== 'extras') continue
    const data = tensors.find(({ name }) => name === input.name)?.data ?? []
    const masked = inputs.find((other) => other.kind === 'mask' && other.of === input.name)
    const mask = tensors.find(({ name }) => name === masked?.name)?.data
    for (let i = 0; i < data.length; i++) values.push(mask && mask[i] === 0 ? NaN : data[i]!)
  }
  return Float32Array.from(values)
}

/** A reference as a snapshot or a journal can hold it; `fromPlain` gives it its inputs back. */
export function toPlain({ inputs: _, entry, ...rest }: InferenceFrameReference): Plain {
  return { ...rest, entry: entry ?? null } as unknown as Plain
}
/** Undoes `toPlain`. */
export function fromPlain(plain: Plain, inputs: readonly ReferenceInput[]): InferenceFrameReference {
  const { entry, ...rest } = plain as unknown as InferenceFrameReference & { entry: InferenceFrameReference['entry'] | null }
  return { ...rest, entry: entry ?? undefined, inputs }
}

/** Columns that no module gave are missing: 0 with mask 0. */
function scatter(places: readonly number[], values: Float32Array, masks: Float32Array, tensor: Float32Array, mask: Float32Array): void {
  tensor.fill(0)
  mask.fill(0)
  places.forEach((place, i) => ([tensor[place], mask[place]] = [values[i]!, masks[i]!]))
}

function writeExtras(values: readonly (number | null)[], tensor: Float32Array, mask: Float32Array): void {
  for (let i = 0; i < tensor.length; i++) {
    const value = values[i]
    tensor[i] = value ?? 0
    mask[i] = value === null || value === undefined ? 0 : 1
  }
}

const missingRange = (id: string, input: string): TapeloomError =>
  new TapeloomError(
    'training.inputs',
    `[reference ${id}] has no range for input '${input}'. Resolve it with the inputs it was made with.`,
  )
