import type { EventMap, EventName } from '../vocabulary/events.ts'
import type { Instrument } from '../vocabulary/instrument.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import type { BookReader } from '../vocabulary/views.ts'
import type { FeatureSet, FeatureSlots } from './feature.ts'
import type { NeedReaders, NeedSet } from './need.ts'
import type { OptionSet, OptionValues } from './option.ts'

type OwnTopic<Name extends string> = EventName & `${Name}:${string}`

/** Event time: `tsInit` of the current external event, µs. */
export interface Clock {
  now(): number
}
/** Seeded per module and symbol; its position is part of the snapshot. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Standard normal. */
  normal(): number
  /** Uniform whole number in [0, below). */
  integer(below: number): number
}

/** What a module has of one symbol. */
export interface SymbolSlice<F extends FeatureSet, R extends NeedSet> {
  readonly instrument: Instrument
  readonly features: FeatureSlots<F>
  readonly need: NeedReaders<R>
  /** The price venue's book; empty where no book is fed. */
  readonly book: BookReader
}
interface ContextBase<Name extends string, O extends OptionSet, S> {
  readonly options: OptionValues<O>
  readonly state: S
  readonly symbol: MarketSymbol
  readonly clock: Clock
  readonly random: Random
  /** Emits one of the module's own topics; delivered before the next external event. */
  emit<K extends OwnTopic<Name>>(topic: K, payload: EventMap[K]): void
}
/** What a handler gets beside the event. A module of global scope reaches each symbol's slice by `of`. */
export type ModuleContext<
  Name extends string = string,
  F extends FeatureSet = {},
  O extends OptionSet = {},
  R extends NeedSet = {},
  S = {},
  Sc extends 'symbol' | 'global' = 'symbol',
> = ContextBase<Name, O, S> &
  (Sc extends 'global'
    ? { readonly symbols: readonly MarketSymbol[]; of(symbol: MarketSymbol): SymbolSlice<F, R> }
    : SymbolSlice<F, R>)
