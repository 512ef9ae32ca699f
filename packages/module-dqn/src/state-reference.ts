import type { FedTensor, InferenceFrame, LaneReader, MarketSymbol, Tensors } from '@tapeloom/core'

/** Numbers of the position block. */
export const POSITION = 10

/** A state by reference: which frozen row it read. Of the position, which no row holds, a copy; none while it is unknown. */
export interface StateReference {
  readonly symbol: MarketSymbol
  /** Rows known later are not part of it. */
  readonly sequence: number
  readonly asOf: number
  readonly series: string
  /** NaN where masked; empty: all of it. */
  readonly position: readonly number[]
}

const tensor = (tensors: readonly FedTensor[], name: string): Float32Array => tensors.find((fed) => fed.name === name)!.data

/** The reference to what an inference saw, and the columns of its series ('': no module gave it). */
export function stateReference(frame: InferenceFrame, tensors: readonly FedTensor[]) {
  const { series, columns } = frame.lanes.find(({ input }) => input === 'columns')!
  const [values, mask] = [tensor(tensors, 'position'), tensor(tensors, 'positionMask')]
  const position = mask.includes(1) ? Array.from(values, (value, i) => (mask[i] === 1 ? value : NaN)) : []
  const { symbol, sequence, asOf } = frame
  return { reference: { symbol, sequence, asOf, series, position } satisfies StateReference, columns }
}

/**
 * The tensors of several states, read again from their rows: `[states × size]` an input. Rows that are gone leave zeros;
 * `missing` names their places.
 */
export async function rebuildStates(
  lanes: LaneReader, states: readonly StateReference[], columnsOf: Readonly<Record<string, readonly string[]>>,
): Promise<{ readonly tensors: Tensors; readonly missing: ReadonlySet<number> }> {
  const width = columnsOf[states[0]!.series]!.length
  const sized = (size: number) => new Float32Array(states.length * size)
  const tensors = { columns: sized(width), columnsMask: sized(width), position: sized(POSITION), positionMask: sized(POSITION) }
  const rows = states.map(({ symbol, sequence, asOf, series, position }, i) => {
    position.forEach((value, at) => {
      tensors.position[i * POSITION + at] = Number.isNaN(value) ? 0 : value
      tensors.positionMask[i * POSITION + at] = Number.isNaN(value) ? 0 : 1
    })
    const present = columnsOf[series]!.flatMap((column, at) => (column === '' ? [] : [at]))
    const frame = { series, start: asOf, end: asOf, count: 1, norm: [], quality: 1, taint: [] }
    const binding = present.map((at) => columnsOf[series]![at]!)
    const [values, mask] = [new Float32Array(present.length), new Float32Array(present.length)]
    return { present, request: { symbol, frame, binding, knownBy: sequence, tensor: values, mask } }
  }).map((row) => ({ ...row, asked: row.present.length > 0 }))
  const missing = new Set<number>()
  const requests = rows.flatMap(({ asked, request }) => (asked ? [request] : []))
  await lanes.rebuild(requests).catch(async () => {
    for (const [i, { asked, request }] of rows.entries()) if (asked) await lanes.rebuild([request]).catch(() => missing.add(i))
  })
  for (const [i, { present, request }] of rows.entries()) {
    present.forEach((at, k) => {
      tensors.columns[i * width + at] = missing.has(i) ? 0 : request.tensor[k]!
      tensors.columnsMask[i * width + at] = missing.has(i) ? 0 : request.mask[k]!
    })
  }
  return { tensors, missing }
}
