import type { Timeframe } from '../vocabulary/duration.ts'
import type { Instrument, Price } from '../vocabulary/instrument.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'

/**
 * What a source yields. Times are µs; `tsInit` (receipt) defaults to `tsEvent` for recordings and to the clock when live.
 * `sourceSequence` rises within a source: the host hands back the last acknowledged one as `after`.
 * A source without it is counted: 1, 2, 3 …
 */
export type MarketInput = Reject | (MarketMessage & (TradeMessage | BookMessage | CandleMessage | GapMessage))

export interface MarketMessage {
  readonly symbol: MarketSymbol
  readonly tsEvent: number
  readonly tsInit?: number
  readonly sourceSequence?: number
}
export interface TradeMessage {
  readonly kind: 'trade'
  readonly price: Price
  readonly quantity: Price
  readonly aggressor: 'buy' | 'sell'
  readonly id?: string
}
/** Absolute quantities; 0 deletes a level. */
export interface BookMessage {
  readonly kind: 'book'
  readonly update: 'snapshot' | 'delta'
  /**
   * Beyond the outermost levels nothing is known: a snapshot that was cut off, or a change of a book that the venue keeps
   * to so many levels. Absent: the snapshot is the whole book, the change leaves the known range as it was.
   */
  readonly partial?: boolean
  readonly bids: readonly (readonly [Price, Price])[]
  readonly asks: readonly (readonly [Price, Price])[]
}
/** A closed candle of the venue; `backfill` adds a newer version of one that is already known. */
export interface CandleMessage {
  readonly kind: 'candle'
  readonly timeframe: Timeframe
  readonly openTime: number
  readonly open: Price
  readonly high: Price
  readonly low: Price
  readonly close: Price
  readonly volume: Price
  readonly quoteVolume?: Price
  readonly trades?: number
  readonly takerBuyVolume?: Price
  readonly backfill?: boolean
}
/** Something was missed: what is known of the symbol is doubtful from here on. */
export interface GapMessage {
  readonly kind: 'gap'
  readonly reason: string
}
/** A message that could not be read; kept with its raw text. */
export interface Reject {
  readonly kind: 'reject'
  readonly code: string
  readonly raw: string
  /** It was a message of the symbol's book, which is unknown from here to its next snapshot. */
  readonly of?: 'book'
  readonly symbol?: MarketSymbol
  readonly tsEvent?: number
  readonly tsInit?: number
  readonly sourceSequence?: number
}

/** Where market data comes from: a venue, a recording, a simulator. */
export interface Source {
  readonly name: string
  readonly instruments: readonly Instrument[]
  /** Whether it goes on as time does; a recording or a simulation does not. */
  readonly live: boolean
  /** Minutes without a trade are absent from its candles, rather than missing. */
  readonly absentMeans?: 'gap' | 'empty'
  /** How many inputs it will yield, where it knows: for progress only. */
  readonly length?: number | undefined
  /** Called before `events`, once, when instruments or length must be read from a file first. */
  prepare?(): Promise<void>
  events(from: {
    readonly after: number | undefined
    readonly signal: AbortSignal
  }): AsyncIterable<MarketInput | readonly MarketInput[]>
}

/** Declares a source; `live` defaults to false. */
export const defineSource = (source: Omit<Source, 'live'> & { readonly live?: boolean }): Source => ({ ...source, live: source.live ?? false })
