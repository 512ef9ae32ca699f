import type { HostContext } from './module-runtime.ts'

/** What a context hands out beside what handlers read on each event. */
export type Rest = Readonly<Record<'symbol' | 'instrument' | 'options' | 'clock' | 'random' | 'emit', unknown>>

/**
 * The context of a module for one symbol. What handlers read on each event are its own fields, one cache line of them;
 * the rest is a step away. Nothing in it is private, so that a wrapper may inherit from it.
 */
export class SymbolContext implements HostContext {
  [key: string]: unknown
  declare state: object
  declare readonly features: object
  declare readonly need: object
  declare readonly book: unknown
  declare readonly rest: Rest

  /** Assigned one by one: so V8 keeps room for them in the object. */
  constructor(state: object, slice: { readonly features: object; readonly need: object; readonly book: unknown }, rest: Rest) {
    this.state = state;
    ({ features: this.features, need: this.need, book: this.book } = slice)
    this.rest = rest
  }
  get symbol() { return this.rest.symbol } get instrument() { return this.rest.instrument }
  get options() { return this.rest.options } get clock() { return this.rest.clock }
  get random() { return this.rest.random } get emit() { return this.rest.emit }
}
