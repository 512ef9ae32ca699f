import type { HostContext } from './module-runtime.ts'

/** What a context hands out beside what handlers read on each event. */
export type Rest = Readonly<Record<'symbol' | 'instrument' | 'options' | 'clock' | 'random' | 'emit', unknown>>

/**
 * The context of a module for one symbol. What handlers read on each event are its own fields, one cache line of them;
 * the rest is a step away. Nothing in it is private, so that a wrapper may inherit from it.
 */
export class SymbolContext implements HostContext {
  [key: string]: unknown
  state: object
  readonly features: object
  readonly need: object
  readonly book: unknown
  readonly rest: Rest

  constructor(state: object, features: object, need: object, book: unknown, rest: Rest) {
    this.state = state
    this.features = features
    this.need = need
    this.book = book
    this.rest = rest
  }
  get symbol() { return this.rest.symbol }
  get instrument() { return this.rest.instrument }
  get options() { return this.rest.options }
  get clock() { return this.rest.clock }
  get random() { return this.rest.random }
  get emit() { return this.rest.emit }
}
