import type { SequenceRule, UpdateIds } from './sequence-rule.ts'

/** Updates kept while the snapshot is awaited; beyond it the oldest go, and a snapshot must be newer than they were. */
const BUFFERED = 10_000

/**
 * Joins a stream of updates to its snapshot: updates that come first wait until the snapshot fits them.
 * `Update` is whatever the caller applies.
 */
export class BookSync<Update> {
  readonly #rule: SequenceRule
  #waiting: { readonly ids: UpdateIds; readonly update: Update }[] = []
  #live = false
  /** The id of what the live book has taken last. */
  #last = NaN

  constructor(rule: SequenceRule) {
    this.#rule = rule
  }

  get live(): boolean {
    return this.#live
  }
  get waiting(): number {
    return this.#waiting.length
  }

  /** Judges an update: `wait` means that it is kept until a snapshot comes; `gap` that this book is lost until then. */
  update(ids: UpdateIds, update: Update): 'apply' | 'drop' | 'wait' | 'gap' {
    const verdict = this.#live ? this.#rule.apply(ids) : 'wait'
    if (verdict === 'gap') this.#live = false
    if (verdict === 'apply') this.#last = ids.last
    if (verdict === 'gap' || verdict === 'wait') this.#keep(ids, update)
    return verdict
  }

  /** Whether a snapshot is older than the live book is, which it would take back: leave it out. */
  isOld(id: number): boolean {
    return this.#live && id < this.#last
  }

  /** Takes a snapshot: returns the waiting updates to apply after it, or undefined when they do not continue it. */
  snapshot(id: number): readonly Update[] | undefined {
    this.#rule.reset(id)
    let last = id
    const fitting: Update[] = []
    for (const { ids, update } of this.#waiting) {
      const verdict = this.#rule.apply(ids)
      if (verdict === 'gap') {
        this.#live = false
        return undefined
      }
      if (verdict !== 'apply') continue
      fitting.push(update)
      last = ids.last
    }
    this.#waiting = []
    this.#last = last
    this.#live = true
    return fitting
  }

  /** The book was lost: updates wait for a snapshot again. */
  lose(): void {
    this.#live = false
  }
  /** Forgets everything: a new connection. */
  clear(): void {
    this.#waiting = []
    this.#live = false
  }

  #keep(ids: UpdateIds, update: Update): void {
    if (this.#waiting.length === BUFFERED) this.#waiting.splice(0, BUFFERED / 2)
    this.#waiting.push({ ids, update })
  }
}
