import { fingerprint, type Duration, type InferenceFrame, type MarketSymbol, type Prediction, type Store, type StoreRows, type Timeframe } from '@tapeloom/core'
import type { InferenceFrameReference, ReferenceInput, ReferenceLane, ReferenceState } from './inference-frame-reference.ts'

/** The columns of `inference_frames` that a reference is read from. */
export const FRAME_COLUMNS = [
  'id', 'stream', 'sequence', 'model', 'model_version', 'schema_hash', 'symbol', 'as_of', 'inputs', 'lanes', 'extras',
  'prediction', 'entry', 'target_timeframe', 'target_open', 'target_close', 'horizon', 'taint', 'content_hash',
] as const

type StoredLane = Omit<ReferenceLane, 'columns'> & { readonly norm: readonly number[]; readonly columns?: readonly string[] }
const texts = new WeakMap<readonly ReferenceInput[], string>()
const parsed = new Map<string, readonly ReferenceInput[]>()

/** The row that keeps a reference: all that is needed to resolve it without its model. */
export function frameRow(
  frame: InferenceFrame, prediction: Prediction, inputs: readonly ReferenceInput[], extras: Float32Array, contentHash: string,
): Readonly<Record<string, string | number | null>> {
  const fed = new Map(inputs.map(({ name, kind }) => [name, kind]))
  const lanes: StoredLane[] = frame.lanes
    .filter(({ input }) => fed.get(input) === 'lane' || fed.get(input) === 'columns')
    .map(({ input, series, start, end, count, norm, columns }) =>
      ({ input, series, start, end, count, norm, ...(columns.length > 0 && { columns }) }))
  const { id, stream, sequence, model, symbol, target, entry } = frame
  return {
    id, stream, sequence, model, symbol,
    model_version: frame.modelVersion, schema_hash: frame.schemaHash, as_of: frame.asOf,
    inputs: inputsText(inputs), lanes: JSON.stringify(lanes),
    extras: extras.length > 0 ? JSON.stringify(extrasByInput(inputs, extras)) : null,
    prediction: JSON.stringify(prediction),
    entry: entry ? JSON.stringify({ timeframe: entry.timeframe, openTime: entry.openTime }) : null,
    target_timeframe: target.timeframe, target_open: target.openTime, target_close: target.closeTime, horizon: target.horizon,
    taint: JSON.stringify(frame.taint), content_hash: contentHash, fingerprint,
  }
}

/** The reference behind row `i` of what was read with `FRAME_COLUMNS`. */
export function storedReference(
  { columns }: StoreRows, i: number, state: ReferenceState = 'open', reason = '',
): InferenceFrameReference {
  const number = (name: string): number => (columns[name] as Float64Array)[i]!
  const text = (name: string): string => (columns[name] as readonly (string | null)[])[i] ?? ''
  const lanes = JSON.parse(text('lanes')) as StoredLane[]
  return {
    id: text('id'), stream: text('stream'), sequence: number('sequence'), model: text('model'),
    modelVersion: text('model_version'), schemaHash: text('schema_hash'), symbol: text('symbol') as MarketSymbol,
    asOf: number('as_of'), inputs: inputsFrom(text('inputs')),
    lanes: lanes.map(({ norm: _, columns: bound = [], ...range }) => ({ ...range, columns: bound })),
    norm: Object.fromEntries(lanes.map(({ input, norm }) => [input, norm])),
    extras: JSON.parse(text('extras') || '{}') as InferenceFrameReference['extras'],
    prediction: JSON.parse(text('prediction')) as Prediction,
    entry: (JSON.parse(text('entry') || 'null') as InferenceFrameReference['entry'] | null) ?? undefined,
    target: {
      timeframe: text('target_timeframe') as Timeframe, openTime: number('target_open'), closeTime: number('target_close'),
      horizon: text('horizon') as Duration,
    },
    state, reason, taint: JSON.parse(text('taint')) as string[], contentHash: text('content_hash'),
  }
}

/** Reads one reference with its newest state; undefined when the store has none of this id. */
export async function readReference(store: Store, id: string): Promise<InferenceFrameReference | undefined> {
  const { model, symbol, sequence } = parseReferenceId(id)
  if (Number.isNaN(sequence)) return undefined
  const rows = await store.read({
    table: 'inference_frames', columns: FRAME_COLUMNS, equals: { id, model, symbol }, key: 'sequence', from: sequence, to: sequence + 1,
  })
  if (rows.length === 0) return undefined
  const states = await store.read({
    table: 'reference_states', columns: ['state', 'reason', 'known'], equals: { ref_id: id }, key: 'known', limit: 1,
  })
  const [state, reason] = [states.columns['state']?.[0], states.columns['reason']?.[0]]
  return storedReference(rows, rows.length - 1, (state ?? 'open') as ReferenceState, String(reason ?? ''))
}

/** What `stream|model@version|symbol|sequence` says; the sequence is NaN when it is no id. */
export function parseReferenceId(id: string): { readonly model: string; readonly symbol: MarketSymbol; readonly sequence: number } {
  const [, versioned = '', symbol = '', sequence = ''] = id.split('|')
  return { model: versioned.slice(0, versioned.lastIndexOf('@')), symbol: symbol as MarketSymbol, sequence: Number.parseInt(sequence, 10) }
}

/** Numbers kept in the reference, by input; null is missing. */
function extrasByInput(inputs: readonly ReferenceInput[], extras: Float32Array): InferenceFrameReference['extras'] {
  let at = 0
  const blocks = inputs.filter(({ kind }) => kind === 'extras')
  return Object.fromEntries(blocks.map(({ name, shape }) => {
    const values = [...extras.subarray(at, (at += shape[0] ?? 0))]
    return [name, values.map((value) => (Number.isNaN(value) ? null : value))]
  }))
}

function inputsText(inputs: readonly ReferenceInput[]): string {
  const text = texts.get(inputs) ?? JSON.stringify(inputs)
  texts.set(inputs, text)
  return text
}

function inputsFrom(text: string): readonly ReferenceInput[] {
  const known = parsed.get(text) ?? (JSON.parse(text) as readonly ReferenceInput[])
  parsed.set(text, known)
  return known
}
