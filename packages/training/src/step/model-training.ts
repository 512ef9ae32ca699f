import { timeframeUs, type MarketSymbol, type Plain, type ServedModel, type TargetSet, type Timeframe, type Trainer } from '@tapeloom/core'
import { fromPlain, toPlain } from '../reference/frame-tensors.ts'
import type { ReferenceInput } from '../reference/inference-frame-reference.ts'
import { inputsOf } from '../reference/reference-inputs.ts'
import { ReferenceTable } from '../reference/reference-table.ts'
import type { QueuedSample } from './queued-sample.ts'
import { ReplayMemory } from './replay-memory.ts'
import type { TextPool } from '../reference/text-pool.ts'

/** Tradable and candle samples are trained together, anticipation samples apart. */
export type QueueName = 'main' | 'anticipation'
/** Everything training knows about one model. */
export class ModelTraining {
  readonly id: string
  readonly schemaHash: string
  readonly inputs: readonly ReferenceInput[]
  readonly targets: TargetSet
  /** How many classes a target has, where that is known. */
  readonly classes: Readonly<Record<string, number>>
  /** Samples per step. */
  readonly batch: number
  readonly timeframe: Timeframe
  readonly timeframeUs: number
  /** Weights of its network. */
  readonly parameters: number
  readonly tables = new Map<MarketSymbol, ReferenceTable>()
  readonly queues: Readonly<Record<QueueName, QueuedSample[]>> = { main: [], anticipation: [] }
  /** Where batches are drawn from instead, when the past is trained again. */
  replay: Readonly<Record<QueueName, ReplayMemory>> | undefined
  /** Samples handed to steps that are not applied yet; samples dropped because too many waited. */
  underWay = 0
  dropped = 0
  steps = 0
  /** Samples trained so far. */
  position = 0
  firstLoss = NaN
  lastLoss = NaN
  /** Longest timeframe of the pivots it heard, µs: how long a bar of confirmation lag is. */
  pivotBarUs: number
  /** The trainer, opened with the first step, and its state until then. */
  trainer: Promise<Trainer> | undefined
  trainerState: Plain = null
  /** Ends the subscription of its own labels. */
  unsubscribe: (() => void) | undefined
  /** Settles when the last requested step is done: steps are taken in the order of the requests. */
  tail: Promise<unknown> = Promise.resolve()
  /** As the host serves it, and which of its lives this is: steps asked for in an earlier one teach nobody. */
  served: ServedModel
  incarnation: number
  readonly #stream: string
  readonly #texts: TextPool

  constructor(served: ServedModel, incarnation: number, stream: string, batch: number, texts: TextPool) {
    this.served = served
    this.incarnation = incarnation
    const spec = served.definition.model!
    this.id = served.id
    this.schemaHash = served.schemaHash
    this.inputs = inputsOf(served.definition)
    this.targets = spec.network.targets as TargetSet
    this.classes = spec.network.classes ?? {}
    this.batch = batch > 0 ? Math.min(batch, spec.network.batch) : spec.network.batch
    this.timeframe = spec.target.timeframe
    this.timeframeUs = this.pivotBarUs = timeframeUs(spec.target.timeframe)
    this.parameters = served.runtime.weights().length
    this.#stream = stream
    this.#texts = texts
  }

  /** From here on batches are drawn from the past. */
  replayFrom(seed: number): void {
    this.replay = { main: new ReplayMemory(seed, `${this.id}|main`), anticipation: new ReplayMemory(seed, `${this.id}|anticipation`) }
  }

  /** The references on one symbol. */
  table(symbol: MarketSymbol): ReferenceTable {
    const known = this.tables.get(symbol)
    if (known) return known
    const { id: model, schemaHash, inputs } = this
    const table = new ReferenceTable({ stream: this.#stream, model, schemaHash, symbol, inputs }, this.#texts)
    this.tables.set(symbol, table)
    return table
  }

  /** Begins another life: the model was loaded again with the schema it had. Its references go on, its training starts anew. */
  renew(served: ServedModel, incarnation: number): void {
    Object.assign(this, { served, incarnation, underWay: 0, steps: 0, position: 0, firstLoss: NaN, lastLoss: NaN, trainerState: null })
    this.trainer = undefined
    this.tail = Promise.resolve()
  }

  /** Samples that wait or are being trained. */
  get waiting(): number {
    return this.queues.main.length + this.queues.anticipation.length + this.underWay
  }

  /** @param trainer what the trainer says of itself */
  snapshot(trainer: Plain): Plain {
    const { id, schemaHash, incarnation, underWay, dropped, steps, position, firstLoss, lastLoss, pivotBarUs } = this
    const queue = (name: QueueName): Plain =>
      this.queues[name].map(({ reference, ...sample }) => ({ ...sample, reference: toPlain(reference) }))
    return {
      id, schemaHash, incarnation, underWay, dropped, steps, position, firstLoss, lastLoss, pivotBarUs, trainer,
      tables: [...this.tables].map(([symbol, table]) => ({ symbol, table: table.snapshot() })),
      queues: { main: queue('main'), anticipation: queue('anticipation') },
      replay: this.replay ? { main: this.replay.main.snapshot(), anticipation: this.replay.anticipation.snapshot() } : null,
    }
  }

  restore(state: Plain): void {
    const { tables, queues, replay, trainer, id: _, schemaHash: __, ...numbers } = state as unknown as ModelState
    Object.assign(this, numbers)
    this.trainerState = trainer
    for (const { symbol, table } of tables) this.table(symbol).restore(table)
    for (const name of ['main', 'anticipation'] as const) {
      if (replay) this.replay?.[name].restore(replay[name], this.inputs)
      for (const { reference, ...sample } of queues[name]) {
        this.queues[name].push({ ...sample, reference: fromPlain(reference, this.inputs) })
      }
    }
  }
}

type StoredSample = Omit<QueuedSample, 'reference'> & { readonly reference: Plain }
interface ModelState {
  readonly id: string
  readonly schemaHash: string
  readonly tables: readonly { readonly symbol: MarketSymbol; readonly table: Plain }[]
  readonly queues: Readonly<Record<QueueName, readonly StoredSample[]>>
  readonly replay: Readonly<Record<QueueName, Plain>> | null
  readonly trainer: Plain
}
