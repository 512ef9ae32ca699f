import { suggestion, TapeloomError } from '../error.ts'
import type { Binding, Network, Shape } from '../module/network.ts'
import type { InferenceFrame } from '../ports/participant.ts'
import { openTimeOf, timeframeUs, type Duration } from '../vocabulary/duration.ts'
import type { ColumnLayout } from './column-layout.ts'
import { isColumns, lastOf, type Bound, type BoundInput, type ModelSurroundings } from './model-host.ts'
import type { PlannedModule } from './module-plan.ts'

/** Binds the inputs of a network to columns, lanes and blocks. @throws TapeloomError `model.input` */
export function bindInputs(entry: PlannedModule, network: Network, bindings: Readonly<Record<string, Binding>>, layout: ColumnLayout): readonly BoundInput[] {
  const shapes = network.inputs as Readonly<Record<string, Shape>>
  const bound: BoundInput[] = []
  for (const [name, shape] of Object.entries(shapes)) {
    if (name.endsWith('Mask') && name.slice(0, -4) in shapes) continue
    const binding = bindings[name]
    if (!binding) throw inputError(entry.id, name, 'is fed by nothing. Bind it to columns, a lane or positionBlock.')
    const size = isColumns(binding) ? binding.length : 'block' in binding ? binding.size : binding.window
    if (size !== shape[0]) throw inputError(entry.id, name, `has ${shape[0]} places, and is fed ${size}. Make them equal.`)
    const indices = isColumns(binding) ? binding.map((column) => indexOf(entry, name, column, layout)) : []
    bound.push({ name, shape, maskFed: `${name}Mask` in shapes, binding, indices: Int32Array.from(indices) })
  }
  return bound
}

/** Row index of `<module>.<column>`, where the module is this one or one it needs; −1 where an optional one is absent. */
function indexOf(entry: PlannedModule, input: string, column: string, layout: ColumnLayout): number {
  const [module = '', name = ''] = column.split('.')
  const key = Object.entries(entry.definition.requires ?? {}).find(([, needed]) => needed.module === module)?.[0]
  const id = module === entry.definition.name ? entry.id : entry.providers.get(key ?? '')
  const index = layout.names.indexOf(`${id}.${name}`)
  if (index >= 0 || (key !== undefined && id === undefined)) return index // an absent optional provider: always masked
  throw inputError(entry.id, input, `is fed by '${column}', which no module has.${suggestion(column, layout.names)}`)
}

const inputError = (id: string, input: string, what: string) =>
  new TapeloomError('model.input', `[model ${id}] input '${input}' ${what}`)

/** What an inference saw, by reference. */
export function frameOf(
  { feed, stream }: ModelSurroundings, model: Bound, symbol: number, sequence: number, asOf: number, lanes: InferenceFrame['lanes'],
): InferenceFrame {
  const { runtime: { version }, schemaHash } = model
  const { timeframe, ahead } = (model.definition.model as NonNullable<typeof model.definition.model>).target
  const [name, length] = [feed.symbols[symbol]?.symbol as InferenceFrame['symbol'], timeframeUs(timeframe)]
  const floor = openTimeOf(asOf, length)
  const openTime = (floor < asOf ? floor + length : floor) + (ahead - 1) * length
  const base = feed.symbols[symbol]?.boundaryUs ?? length
  const entry = lastOf(feed, symbol, base) ?? feed.lanes.last(symbol, timeframe)
  return {
    id: `${stream}|${model.id}@${version}|${name}|${sequence}`,
    stream, model: model.id, modelVersion: version, schemaHash, symbol: name, sequence, asOf, lanes,
    taint: [...new Set(lanes.flatMap(({ taint }) => taint))], ...(entry && { entry }),
    target: { timeframe, openTime, closeTime: openTime + length, horizon: horizonOf(ahead, timeframe) },
  }
}

function horizonOf(ahead: number, timeframe: string): Duration {
  const [, amount = '1', unit = 'm'] = /^([\d.]+)(.+)$/.exec(timeframe) ?? []
  return `${ahead * Number(amount)}${unit}` as Duration
}
