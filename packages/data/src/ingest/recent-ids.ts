import type { Plain } from '@tapeloom/core'
import { precedes } from '../candle/trade-fold.ts'

const KEPT = 4096

/**
 * Recognises a trade id that was seen among the last 4,096. Ids that rise, as most venues' do, cost one comparison;
 * the first one that does not switches to a set.
 */
export class RecentIds {
  readonly #ring: string[] = []
  #next = 0
  #highest = ''
  #set: Set<string> | undefined

  /** Remembers `id`; says whether it was already there. An empty id is never a duplicate. */
  isDuplicate(id: string): boolean {
    if (id === '') return false
    if (precedes(this.#highest, id)) this.#highest = id
    else {
      this.#set ??= new Set(this.#ring)
      if (this.#set.has(id)) return true
    }
    this.#remember(id)
    return false
  }

  #remember(id: string): void {
    if (this.#ring.length < KEPT) this.#ring.push(id)
    else {
      this.#set?.delete(this.#ring[this.#next]!)
      this.#ring[this.#next] = id
      this.#next = (this.#next + 1) % KEPT
    }
    this.#set?.add(id)
  }

  snapshot(): Plain {
    return { ids: [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)], highest: this.#highest }
  }

  restore(state: Plain): void {
    const { ids, highest } = state as unknown as { ids: readonly string[]; highest: string }
    this.#ring.splice(0, this.#ring.length, ...ids)
    this.#next = 0
    this.#highest = highest
    this.#set = undefined
  }
}
