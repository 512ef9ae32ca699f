import type { FedTensor, Host, Plain } from '@tapeloom/core'
import type { ReferenceInput } from '../reference/inference-frame-reference.ts'
import { addToDrift, createDriftState, type DriftState } from './drift-detector.ts'

/** Inferences that are judged together, away from the events that brought them. */
const BATCH = 64

/** What is known of one feature, or of a model's error. */
export interface Drift {
  readonly model: string
  /** `<input>.<column>`, `<input>.close` for the newest row of a window, or `error`. */
  readonly feature: string
  readonly values: number
  /** How often each detector said that it has changed. */
  readonly alarms: { readonly adwin: number; readonly pageHinkley: number; readonly stability: number }
  /** Of the last full comparison: index, and what it exceeds once in a thousand when nothing has moved. */
  readonly stability: { readonly index: number; readonly nullMean: number; readonly nullQuantile: number } | null
}

/** Where the numbers of one feature are found in what a model is fed. */
interface Place {
  readonly name: string
  readonly tensor: string
  readonly mask: string
  readonly at: number
  readonly maskAt: number
}
interface Work {
  readonly names: readonly string[]
  readonly values: Float64Array
}

/** Watches what models are fed and how wrong they were: values are noted at once, judged later and by the batch. */
export class DriftMonitor {
  readonly #host: Host
  readonly #detectors = new Map<string, DriftState>()
  readonly #pending = new Map<string, { readonly names: readonly string[]; values: number[] }>()
  readonly #places = new WeakMap<readonly ReferenceInput[], readonly Place[]>()

  constructor(host: Host) {
    this.#host = host
    host.work('drift', {
      kind: 'inference',
      fromRecord: false,
      compute: async () => null,
      apply: (payload) => this.#judge(payload as unknown as Work),
    })
  }

  /** Notes what a model was fed. */
  fed(model: string, inputs: readonly ReferenceInput[], tensors: readonly FedTensor[], columns: ReadonlyMap<string, readonly string[]>): void {
    const places = this.#placesOf(inputs, columns)
    const data = (name: string) => tensors.find((tensor) => tensor.name === name)?.data
    const values = places.map(({ tensor, mask, at, maskAt }) => (data(mask)?.[maskAt] === 0 ? NaN : (data(tensor)?.[at] ?? NaN)))
    this.#note(model, places.map(({ name }) => name), values)
  }

  /** Notes how wrong a model was. */
  missed(model: string, error: number): void {
    this.#note(`${model}|error`, ['error'], [error])
  }

  /** What is known so far, by model and feature. */
  report(): readonly Drift[] {
    return [...this.#detectors].map(([key, { values, alarms, stability }]) => {
      const [model = '', feature = ''] = key.split('|')
      return { model, feature, values, alarms: { ...alarms }, stability }
    })
  }

  #note(key: string, names: readonly string[], values: readonly number[]): void {
    const pending = this.#pending.get(key) ?? { names: names.map((name) => `${key.split('|')[0]}|${name}`), values: [] }
    this.#pending.set(key, pending)
    pending.values.push(...values)
    if (pending.values.length < BATCH * names.length) return
    const work: Work = { names: pending.names, values: Float64Array.from(pending.values) }
    pending.values = []
    this.#host.defer({ handler: 'drift', due: this.#host.clock.now() + 1e6, payload: work as unknown as Plain })
  }

  #judge({ names, values }: Work): void {
    names.forEach((name, i) => {
      const state = this.#detectors.get(name) ?? createDriftState()
      this.#detectors.set(name, state)
      for (let at = i; at < values.length; at += names.length) addToDrift(state, values[at]!)
    })
  }

  #placesOf(inputs: readonly ReferenceInput[], columns: ReadonlyMap<string, readonly string[]>): readonly Place[] {
    const known = this.#places.get(inputs)
    if (known) return known
    const places = inputs.flatMap((input): Place[] => {
      const common = { tensor: input.name, mask: `${input.name}Mask` }
      if (input.kind === 'columns') return (columns.get(input.name) ?? []).map((column, at) => ({ ...common, name: `${input.name}.${column || at}`, at, maskAt: at }))
      if (input.kind !== 'lane') return []
      const [rows, width = 1] = input.shape as readonly [number, number?]
      const last = (column: string, at: number): Place => ({ ...common, name: `${input.name}.${column}`, at: (rows - 1) * width + at, maskAt: rows - 1 })
      return [last('close', 3), last('volume', 4)].filter(({ at }) => at < rows * width)
    })
    this.#places.set(inputs, places)
    return places
  }

  snapshot(): Plain {
    const pending = [...this.#pending].map(([key, { names, values }]) => ({ key, names, values: [...values] }))
    return structuredClone({ detectors: [...this.#detectors], pending }) as unknown as Plain
  }
  restore(state: Plain): void {
    const { detectors, pending } = structuredClone(state) as unknown as {
      detectors: [string, DriftState][]; pending: { key: string; names: string[]; values: number[] }[]
    }
    for (const [key, detector] of detectors) this.#detectors.set(key, detector)
    for (const { key, names, values } of pending) this.#pending.set(key, { names, values })
  }
}
