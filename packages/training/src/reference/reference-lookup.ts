import type { MarketSymbol, Store, StoreRows } from '@tapeloom/core'
import type { InferenceFrameReference, ReferenceState } from './inference-frame-reference.ts'
import type { ModelTraining } from '../step/model-training.ts'
import { FRAME_COLUMNS, parseReferenceId, readReference, storedReference } from './stored-reference.ts'

/** Which references are wanted; absent: all. */
export interface ReferenceFilter {
  readonly model?: string
  readonly symbol?: MarketSymbol
  readonly state?: ReferenceState
  /** The newest so many. */
  readonly limit?: number
}

const PAGE = 4096

/** Finds references in memory, and those that have left it in the store. */
export class ReferenceLookup {
  readonly #store: Store
  readonly #models: ReadonlyMap<string, ModelTraining>
  readonly #settle: () => Promise<void>

  /** @param settle waits until all that happened is in the store */
  constructor(store: Store, models: ReadonlyMap<string, ModelTraining>, settle: () => Promise<void>) {
    this.#store = store
    this.#models = models
    this.#settle = settle
  }

  async one(id: string): Promise<InferenceFrameReference | undefined> {
    const known = this.#inMemory(id)
    if (known) return known
    await this.#settle()
    return readReference(this.#store, id)
  }

  /** Newest last. Pages from the newest back, reading each state once, until there are enough. */
  async many(filter: ReferenceFilter): Promise<readonly InferenceFrameReference[]> {
    const { state, limit = Infinity } = filter
    await this.#settle()
    const states = new Map<string, { readonly state: ReferenceState; readonly reason: string }>()
    const found: InferenceFrameReference[] = []
    let [until, statesUntil] = [Infinity, Infinity]
    while (found.length < limit && until > -Infinity) {
      const { rows, from } = await this.#page(filter, until)
      const oldest = from === -Infinity ? 0 : from
      await this.#readStates(oldest, statesUntil, states)
      const sequences = rows.columns['sequence'] as Float64Array
      for (let i = rows.length - 1; i >= 0 && sequences[i]! >= from && found.length < limit; i--) {
        const stored = storedReference(rows, i)
        const reference = this.#inMemory(stored.id) ?? { ...stored, ...states.get(stored.id) }
        if (state === undefined || reference.state === state) found.push(reference)
      }
      until = from
      statesUntil = oldest
    }
    return found.toReversed()
  }

  /** A page of rows before `until`, and from which sequence on it is complete; −Infinity when there are none before. */
  async #page({ model, symbol }: ReferenceFilter, until: number): Promise<{ rows: StoreRows; from: number }> {
    for (let limit = PAGE; ; limit *= 2) {
      const rows = await this.#store.read({
        table: 'inference_frames', columns: FRAME_COLUMNS, key: 'sequence', limit,
        equals: { ...(model !== undefined && { model }), ...(symbol !== undefined && { symbol }) },
        ...(until < Infinity && { to: until }),
      })
      if (rows.length < limit) return { rows, from: -Infinity }
      const sequences = rows.columns['sequence'] as Float64Array
      const from = sequences.find((sequence) => sequence > sequences[0]!)
      if (from !== undefined) return { rows, from } // the oldest sequence may be cut
    }
  }

  async #readStates(
    from: number, to: number, states: Map<string, { readonly state: ReferenceState; readonly reason: string }>,
  ): Promise<void> {
    const rows = await this.#store.read({
      table: 'reference_states', columns: ['ref_id', 'state', 'reason'], key: 'known', from, ...(to < Infinity && { to }),
    })
    const [ids, names, reasons] = ['ref_id', 'state', 'reason'].map((name) => rows.columns[name] as readonly (string | null)[])
    for (let i = rows.length - 1; i >= 0; i--) {
      const id = ids![i] ?? ''
      if (!states.has(id)) states.set(id, { state: names![i] as ReferenceState, reason: reasons![i] ?? '' })
    }
  }

  #inMemory(id: string): InferenceFrameReference | undefined {
    const { model, symbol, sequence } = parseReferenceId(id)
    const table = this.#models.get(model)?.tables.get(symbol)
    const row = table?.find(sequence) ?? -1
    return table && row >= 0 && table.id(row) === id ? table.reference(row) : undefined
  }
}
