import { TapeloomError } from '../error.ts'
import type { Binding, Network, Shape } from '../module/network.ts'
import type { Plain } from '../module/state.ts'
import type { DataFeed, LaneFrame } from '../ports/data-port.ts'
import type { FedTensor, InferenceFrame, ServedModel } from '../ports/participant.ts'
import type { TaintReason } from '../vocabulary/candle.ts'
import { durationUs, type Duration } from '../vocabulary/duration.ts'
import { schemaHashOf, shortHash, type ColumnLayout } from './column-layout.ts'
import type { FeatureRows } from './feature-rows.ts'
import type { PlannedModule } from './module-plan.ts'

const DEFAULT_LATENCY: Duration = '2ms'
/** A lane of lower quality (completeness, freshness, sanity) is no ground to predict on. */
const MIN_QUALITY = 0.8
/** Boundaries without an answer for that reason before it is said. */
const POOR_WARNED = 100

/** One input of a network, bound to what it is fed. */
export interface BoundInput {
  readonly name: string
  readonly shape: Shape
  readonly maskFed: boolean
  readonly binding: Binding
  /** Row index of each bound column; empty for others. */
  readonly indices: Int32Array
}
/** A model with what it is fed. */
export interface Bound extends ServedModel {
  readonly entry: PlannedModule
  readonly network: Network
  readonly inputs: readonly BoundInput[]
  readonly latencyUs: number
  readonly frameOf: typeof import('./bind-inputs.ts').frameOf
  /** Boundaries at which its lanes were too poor to answer on. */
  poor: number
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
  /** The position block of a symbol, where a module trades. */
  block(symbol: number): readonly number[] | undefined
  warn(message: string): void
}

/** Serves the networks of the modules: binds their inputs to columns and lanes, gathers samples. */
export class ModelHost {
  readonly #models = new Map<string, Bound>()
  readonly #around: ModelSurroundings

  constructor(around: ModelSurroundings) { this.#around = around }

  get served(): ReadonlyMap<string, ServedModel> { return this.#models }

  /** Opens the network of a module. @throws TapeloomError `model.input` when a binding names no column or is of the wrong size; what its lanes are refused for */
  async open(entry: PlannedModule, layout: ColumnLayout, seed: number): Promise<void> {
    const { model } = entry.definition
    if (!model) return
    const own = Number.parseInt(shortHash([seed, entry.id], 8), 16)
    const { network } = model
    const bindings = model.inputs as Readonly<Record<string, Binding>>
    const { bindInputs, frameOf } = await import('./bind-inputs.ts') // only runs with networks load it
    const inputs = bindInputs(entry, network, bindings, layout)
    const described = inputs.map(({ binding, indices }) =>
      isColumns(binding) ? [...indices].map((i) => layout.ids[i] ?? '') : 'block' in binding ? ('position' as const) : (this.#around.feed.lanes.check?.(binding) ?? binding))
    const { trains } = this.#around
    this.#models.set(entry.id, {
      id: entry.id, get training() { return trains(entry.id) }, definition: entry.definition, entry, network, inputs, frameOf, seed: own, poor: 0,
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
      if (lane.quality < MIN_QUALITY) return this.#tooPoor(model, input.name, lane)
      if (model.definition.model?.onMissing === 'abstain' && mask.includes(0)) return 'missing-input'
      const columns = [...input.indices].map((column) => rows.layout.names[column] ?? '')
      lanes.push({ ...lane, input: input.name, columns })
      tensors.push({ name: input.name, shape: input.shape, data })
      if (input.maskFed) tensors.push({ name: `${input.name}Mask`, shape: [input.shape[0]], data: mask })
    }
    return { frame: model.frameOf(this.#around, model, symbol, sequence, asOf, lanes), tensors: inOrder(tensors, model.network) }
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
    if ('block' in binding) this.#around.block(symbol)?.forEach((value, i) => Number.isNaN(value) || ([data[i], mask[i]] = [value, 1]))
    if ('block' in binding) return { series: `position:${name}`, start: asOf, end: asOf, count: 0, norm: [], quality: 1, taint: [] }
    return this.#around.feed.lanes.gather(binding, symbol, data, mask)
  }

  /** Says once, after so many boundaries, what keeps a model from answering. */
  #tooPoor(model: Bound, input: string, { series, quality }: LaneFrame): string {
    if (++model.poor === POOR_WARNED) this.#around.warn(`[model ${model.id}] did not answer at ${POOR_WARNED} boundaries: input '${input}' of ${series} is of quality ${quality.toFixed(2)}, ${MIN_QUALITY} is needed. Feed what is missing.`)
    return 'low-quality'
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

export const isColumns = (binding: Binding): binding is readonly string[] => Array.isArray(binding)

const UNITS = [[604_800e6, 'w'], [86_400e6, 'd'], [3600e6, 'h'], [60e6, 'm'], [1e6, 's']] as const

/** The newest candle of a length. */
export function lastOf(feed: DataFeed, symbol: number, lengthUs: number) {
  const [us, unit] = UNITS.find(([us]) => lengthUs % us === 0) ?? [1e3, 'ms']
  return feed.lanes.last(symbol, `${lengthUs / us}${unit}`)
}

function inOrder(tensors: readonly FedTensor[], { inputs }: Network): readonly FedTensor[] {
  const names = Object.keys(inputs as object)
  return [...tensors].sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name))
}
