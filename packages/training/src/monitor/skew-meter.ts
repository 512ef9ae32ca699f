import { createRandom, TapeloomError, type FedTensor, type Host, type InferenceFrame, type Plain, type SeededRandom } from '@tapeloom/core'
import { emptyTensors, rebuilding, type Rebuildable } from '../reference/frame-tensors.ts'
import type { InferenceFrameReference, ReferenceInput } from '../reference/inference-frame-reference.ts'

/** What was found by building recent inferences again. */
export interface Skew {
  /** Inferences that were built again, and numbers that were compared. */
  readonly checked: number
  readonly compared: number
  /** Largest difference between what was served and what training would see; 0, or something is wrong. */
  readonly most: number
  /** Inferences that differed, or could not be built again; and the newest of them. */
  readonly failed: number
  readonly worst: string
}

interface Work {
  readonly id: string
  readonly model: string
  readonly symbol: InferenceFrame['symbol']
  readonly inputs: readonly ReferenceInput[]
  readonly reference: Plain
  readonly served: Readonly<Record<string, Float32Array>>
}
interface Found {
  readonly most: number
  readonly compared: number
  readonly error: string
}

/**
 * Builds a share of the live inferences again, the way training does, and compares the bytes. Which ones is drawn from
 * the host's seed; the work is done after the event, and its result takes its place in the journal.
 */
export class SkewMeter {
  readonly #host: Host
  readonly #share: number
  readonly #random: SeededRandom
  #found: Skew = { checked: 0, compared: 0, most: 0, failed: 0, worst: '' }

  constructor(host: Host, share: number) {
    this.#host = host
    this.#share = share
    this.#random = createRandom(host.seed, 'skew')
    host.work('skew', {
      kind: 'inference',
      fromRecord: true,
      compute: async (payload) => (await this.#compare(payload as unknown as Work)) as unknown as Plain,
      apply: (payload, found) => this.#apply(payload as unknown as Work, found as unknown as Found),
    })
  }

  get found(): Skew { return this.#found }

  /** Draws whether an inference is built again; `extras` are what its reference keeps itself. */
  served(frame: InferenceFrame, inputs: readonly ReferenceInput[], tensors: readonly FedTensor[], reference: () => InferenceFrameReference): void {
    if (this.#share === 0 || this.#random.next() >= this.#share) return
    const { id, symbol, sequence, schemaHash, lanes, norm, extras, contentHash } = reference()
    const rebuildable: Rebuildable = { id, symbol, sequence, schemaHash, lanes, norm, extras, contentHash }
    const work: Work = {
      id, model: frame.model, symbol: frame.symbol, inputs, reference: rebuildable as unknown as Plain,
      served: Object.fromEntries(tensors.map(({ name, data }) => [name, data.slice()])),
    }
    this.#host.defer({ handler: 'skew', due: this.#host.clock.now() + 1e6, payload: work as unknown as Plain })
  }

  async #compare({ inputs, reference, served }: Work): Promise<Found> {
    const tensors = emptyTensors(inputs)
    try {
      const { requests, finish } = rebuilding(reference as unknown as Rebuildable, inputs, tensors)
      await this.#host.feed.lanes.rebuild(requests)
      finish()
    } catch (error) {
      if (!(error instanceof TapeloomError)) throw error
      return { most: Infinity, compared: 0, error: error.message }
    }
    let [most, compared] = [0, 0]
    for (const { name } of inputs) {
      const [live, again] = [served[name]!, tensors[name]!]
      compared += live.length
      for (let i = 0; i < live.length; i++) if (!Object.is(live[i]! + 0, again[i]! + 0)) most = Math.max(most, distance(live[i]!, again[i]!))
    }
    return { most, compared, error: '' }
  }

  #apply({ id, model, symbol }: Work, { most, compared, error }: Found): void {
    const { checked, failed } = this.#found
    const isBad = most > 0
    this.#found = {
      checked: checked + 1, compared: this.#found.compared + compared, most: Math.max(this.#found.most, most),
      failed: failed + (isBad ? 1 : 0), worst: isBad ? id : this.#found.worst,
    }
    if (!isBad) return
    const what = error || `what it was served and what training sees differ by up to ${most}`
    this.#host.emit('module:fault', { module: model, code: 'training.skew', message: `[reference ${id}] ${what}. Do not trust its training.` }, symbol)
  }

  snapshot(): Plain {
    return { found: { ...this.#found }, random: this.#random.state.slice() }
  }
  restore(state: Plain): void {
    const { found, random } = state as unknown as { found: Skew; random: Float64Array }
    this.#found = found
    this.#random.state.set(random)
  }
}

/** A number against a missing one is as wrong as can be. */
const distance = (a: number, b: number): number => (Number.isNaN(a) || Number.isNaN(b) ? Infinity : Math.abs(a - b))
