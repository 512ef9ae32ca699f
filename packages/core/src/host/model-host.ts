import { suggestion, TapeloomError } from '../error.ts'
import type { Binding, Network, Shape } from '../module/network.ts'
import type { Plain } from '../module/state.ts'
import type { DataFeed, LaneFrame } from '../ports/data-port.ts'
import type { FedTensor, InferenceFrame, ServedModel } from '../ports/participant.ts'
import type { TaintReason } from '../vocabulary/candle.ts'
import { durationUs, openTimeOf, timeframeUs, type Duration } from '../vocabulary/duration.ts'
import { schemaHashOf, shortHash, type ColumnLayout } from './column-layout.ts'
import type { FeatureRows } from './feature-rows.ts'
import type { PlannedModule } from './module-plan.ts'

const DEFAULT_LATENCY: Duration = '2ms'
/** A lane of lower quality (completeness, freshness, sanity) is no ground to predict on. */
const MIN_QUALITY = 0.8
/** Boundaries without an answer for that reason, of a model and symbol, before it is said. */
const POOR_WARNED = 100

interface BoundInput {
  readonly name: string
  readonly shape: Shape
  readonly maskFed: boolean
  readonly binding: Binding
  /** Row index of each bound column; empty for others. */
  readonly indices: Int32Array
}
interface Bound extends ServedModel {
  readonly entry: PlannedModule
  readonly network: Network
  readonly inputs: readonly BoundInput[]
  readonly latencyUs: number
}
/** A gathered sample: its reference data and its tensors, masks too, in the network's order. */
export interface Gathered {
  readonly frame: InferenceFrame
  readonly tensors: readonly FedTensor[]
}

/** What networks are served in. */
export interface ModelSurroundings {
  readonly feed: DataFeed
  readonly stream: string
  /** Whether a model's training switch is on. */
  trains(id: string): boolean
  warn(message: string): void
}

/** Serves the networks of the modules: binds their inputs to columns and lanes, gathers samples. */
export class ModelHost {
  readonly #models = new Map<string, Bound>()
  readonly #around: ModelSurroundings
  /** Models and symbols whose lanes were too poor to answer on, and how often since they last did. */
  readonly #poor = new Map<string, number>()

  constructor(around: ModelSurroundings) {
    this.#around = around
  }

  get served(): ReadonlyMap<string, ServedModel> { return this.#models }

  /** Opens the network of a module. @throws TapeloomError `model.input` when a binding names no column or is of the wrong size; what its lanes are refused for */
  async open(entry: PlannedModule, layout: ColumnLayout, seed: number): Promise<void> {
    const { model } = entry.definition
    if (!model) return
    const own = Number.parseInt(shortHash([seed, entry.id], 8), 16)
    const { network } = model
    const bindings = model.inputs as Readonly<Record<string, Binding>>
    const inputs = bind(entry, network, bindings, layout)
    const described = inputs.map(({ binding, indices }) =>
      isColumns(binding) ? [...indices].map((i) => layout.ids[i] ?? '') : 'block' in binding ? ('position' as const) : (this.#around.feed.lanes.check?.(binding) ?? binding))
    const { trains } = this.#around
    this.#models.set(entry.id, {
      id: entry.id, get training() { return trains(entry.id) }, definition: entry.definition, entry, network, inputs, seed: own,
      schemaHash: schemaHashOf(network, described),
      latencyUs: durationUs(model.latency ?? DEFAULT_LATENCY),
      runtime: await network.open({ seed: own }),
    })
  }

  async close(): Promise<void> {
    for (const { runtime } of this.#models.values()) await runtime.close()
    this.#models.clear()
  }

  /** Closes the network of a module that leaves. */
  async drop(id: string): Promise<void> {
    await this.#models.get(id)?.runtime.close()
    this.#models.delete(id)
  }

  /** Doubts about the newest candle of a symbol's base interval: those of a row that is frozen now. */
  taintOf(symbol: number): readonly TaintReason[] {
    const taint = lastOf(this.#around.feed, symbol, this.#around.feed.symbols[symbol]?.boundaryUs ?? 0)?.taint ?? []
    return taint.filter((reason) => reason !== 'empty')
  }

  latencyUs(id: string): number { return this.#models.get(id)?.latencyUs ?? 0 }

  /** Gathers what a model is fed at a boundary; a text says why it abstains. */
  gather(id: string, symbol: number, rows: FeatureRows, sequence: number, asOf: number): Gathered | string {
    const model = this.#models.get(id)
    if (!model) return 'no-model'
    const tensors: FedTensor[] = []
    const lanes: InferenceFrame['lanes'][number][] = []
    for (const input of model.inputs) {
      const data = new Float32Array(input.shape[0] * (input.shape[1] ?? 1))
      const mask = new Float32Array(input.shape[0])
      const lane = this.#fill(input, symbol, rows, asOf, data, mask)
      if (lane.quality < MIN_QUALITY) return this.#tooPoor(`${id} ${symbol}`, input.name, lane)
      if (model.definition.model?.onMissing === 'abstain' && mask.includes(0)) return 'missing-input'
      const columns = [...input.indices].map((column) => rows.layout.names[column] ?? '')
      lanes.push({ ...lane, input: input.name, columns })
      tensors.push({ name: input.name, shape: input.shape, data })
      if (input.maskFed) tensors.push({ name: `${input.name}Mask`, shape: [input.shape[0]], data: mask })
    }
    return { frame: this.#frame(model, symbol, sequence, asOf, lanes), tensors: inOrder(tensors, model.network) }
  }

  #fill({ binding, indices, name }: BoundInput, symbol: number, rows: FeatureRows, asOf: number, data: Float32Array, mask: Float32Array): LaneFrame {
    if (isColumns(binding)) {
      const row = rows.frozen[symbol] as Float64Array
      indices.forEach((column, i) => {
        const value = row[column] ?? NaN
        data[i] = Number.isNaN(value) ? 0 : value
        mask[i] = Number.isNaN(value) ? 0 : 1
      })
      const series = `${this.#around.stream}:${this.#around.feed.symbols[symbol]?.symbol}:features:${rows.layout.layoutId}`
      return { series, start: asOf, end: asOf, count: 1, norm: [], quality: 1, taint: rows.taints[symbol] ?? [] }
    }
    if ('block' in binding) return { series: `position:${name}`, start: asOf, end: asOf, count: 0, norm: [], quality: 1, taint: [] }
    return this.#around.feed.lanes.gather(binding, symbol, data, mask)
  }

  /** Says once, after so many boundaries in a row, what keeps a model from answering. */
  #tooPoor(key: string, input: string, { series, quality }: LaneFrame): string {
    const times = (this.#poor.get(key) ?? 0) + 1
    this.#poor.set(key, times)
    if (times === POOR_WARNED) this.#around.warn(`[model ${key.split(' ')[0]}] has not answered at ${times} boundaries: input '${input}' of ${series} is of quality ${quality.toFixed(2)}, ${MIN_QUALITY} is needed. Feed what is missing, or shorten its window.`)
    return 'low-quality'
  }

  #frame(model: Bound, symbol: number, sequence: number, asOf: number, lanes: InferenceFrame['lanes']): InferenceFrame {
    const { timeframe, ahead } = (model.definition.model as NonNullable<typeof model.definition.model>).target
    const [name, length] = [this.#around.feed.symbols[symbol]?.symbol as InferenceFrame['symbol'], timeframeUs(timeframe)]
    const floor = openTimeOf(asOf, length)
    const openTime = (floor < asOf ? floor + length : floor) + (ahead - 1) * length
    const version = model.runtime.version
    const base = this.#around.feed.symbols[symbol]?.boundaryUs ?? length
    const finest = this.#around.feed.lanes.last(symbol, timeframe)
    const entry = lastOf(this.#around.feed, symbol, base) ?? finest
    return {
      id: `${this.#around.stream}|${model.id}@${version}|${name}|${sequence}`,
      stream: this.#around.stream, model: model.id, modelVersion: version, schemaHash: model.schemaHash, symbol: name, sequence, asOf, lanes,
      taint: [...new Set(lanes.flatMap(({ taint }) => taint))], ...(entry && { entry }),
      target: { timeframe, openTime, closeTime: openTime + length, horizon: horizonOf(ahead, timeframe) },
    }
  }

  /** Runs a network on gathered tensors. */
  async infer(id: string, tensors: readonly FedTensor[]): Promise<Readonly<Record<string, Float32Array>>> {
    const model = this.#models.get(id)
    if (!model) throw new TapeloomError('model.gone', `[model ${id}] was unloaded before it answered.`)
    return model.runtime.infer(Object.fromEntries(tensors.map(({ name, data }) => [name, data])))
  }

  swap(id: string, weights: Float32Array, version: string): void { this.#models.get(id)?.runtime.swap(weights, version) }

  snapshot(): Plain {
    return [...this.#models.values()].map(({ id, schemaHash, runtime }) => ({ id, schemaHash, version: runtime.version, weights: runtime.weights() }))
  }
  /** @throws TapeloomError `model.schema` when a model is fed otherwise than when it was saved */
  restore(state: Plain): void {
    for (const saved of state as unknown as { id: string; schemaHash: string; version: string; weights: Float32Array }[]) {
      const model = this.#models.get(saved.id)
      if (!model) continue
      if (model.schemaHash !== saved.schemaHash) throw new TapeloomError('model.schema', `[model ${saved.id}] was saved with schema ${saved.schemaHash}, and is fed by ${model.schemaHash}. Start a new database, or restore its modules and options.`)
      model.runtime.swap(saved.weights, saved.version)
    }
  }
}

const isColumns = (binding: Binding): binding is readonly string[] => Array.isArray(binding)

function horizonOf(ahead: number, timeframe: string): Duration {
  const [, amount = '1', unit = 'm'] = /^([\d.]+)(.+)$/.exec(timeframe) ?? []
  return `${ahead * Number(amount)}${unit}` as Duration
}

const UNITS = [[604_800e6, 'w'], [86_400e6, 'd'], [3600e6, 'h'], [60e6, 'm'], [1e6, 's']] as const

/** The newest candle of a length. */
function lastOf(feed: DataFeed, symbol: number, lengthUs: number) {
  const [us, unit] = UNITS.find(([us]) => lengthUs % us === 0) ?? [1e3, 'ms']
  return feed.lanes.last(symbol, `${lengthUs / us}${unit}`)
}

function inOrder(tensors: readonly FedTensor[], { inputs }: Network): readonly FedTensor[] {
  const names = Object.keys(inputs as object)
  return [...tensors].sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name))
}

function bind(entry: PlannedModule, network: Network, bindings: Readonly<Record<string, Binding>>, layout: ColumnLayout): readonly BoundInput[] {
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
