import type { MarketInput } from '../ports/source.ts'
import { timeframeUs } from '../vocabulary/duration.ts'
import type { Price } from '../vocabulary/instrument.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import { symbolsOf } from './test-feed.ts'

/** Events in the order of their times of receipt, which need not all be in memory. */
export interface Tape {
  readonly length: number
  at(index: number): MarketInput | undefined
}

/** Time of receipt, µs. */
export const receivedAt = ({ tsInit, tsEvent }: MarketInput): number => tsInit ?? tsEvent ?? 0

/** The tape of one symbol alone. */
export const only = (events: readonly MarketInput[], symbol: MarketSymbol): readonly MarketInput[] =>
  events.filter((event) => event.symbol === symbol)

/** Another symbol's tape, made of that of the first one: prices doubled, sides of trades swapped. */
export function secondSymbol(events: readonly MarketInput[]): readonly MarketInput[] {
  const [first] = symbolsOf(events)
  if (first === undefined) return []
  const symbol: MarketSymbol = first === 'TWO/USDT' ? 'ONE/USDT' : 'TWO/USDT'
  return only(events, first).map((event) => {
    const twice = scaled({ ...event, symbol } as MarketInput, 2)
    return twice.kind === 'trade'
      ? { ...twice, aggressor: twice.aggressor === 'buy' ? ('sell' as const) : ('buy' as const) }
      : twice
  })
}

/** An event with its prices multiplied. */
function scaled(event: MarketInput, by: number): MarketInput {
  const of = (price: Price) => Math.round(Number(price) * by * 100) / 100
  if (event.kind === 'trade') return { ...event, price: of(event.price) }
  if (event.kind === 'candle') {
    return { ...event, open: of(event.open), high: of(event.high), low: of(event.low), close: of(event.close) }
  }
  if (event.kind !== 'book') return event
  const levels = (side: readonly (readonly [Price, Price])[]) =>
    side.map(([price, quantity]) => [of(price), quantity] as const)
  return { ...event, bids: levels(event.bids), asks: levels(event.asks) }
}

/** An event, later by so many µs. */
function later(event: MarketInput, byUs: number): MarketInput {
  if (event.kind === 'reject') return event
  const shifted = {
    ...event,
    tsEvent: event.tsEvent + byUs,
    ...(event.tsInit !== undefined && { tsInit: event.tsInit + byUs }),
  }
  return shifted.kind === 'candle' ? { ...shifted, openTime: shifted.openTime + byUs } : shifted
}

/** One price half as high again for a single event, in the middle of the tape: a bad tick. */
export function withBadTick(events: readonly MarketInput[]): readonly MarketInput[] {
  const from = Math.floor(events.length / 2)
  const at = events.findIndex(({ kind }, i) => i >= from && (kind === 'trade' || kind === 'candle'))
  return events.map((event, i) => (i === at ? scaled(event, 1.5) : event))
}

/**
 * What goes wrong on real tapes: a bad tick, a gap message, an hour without events, repeated times, a venue clock that
 * steps back, an event that cannot be read, and books that lose one side.
 */
export function faultyTape(events: readonly MarketInput[]): readonly MarketInput[] {
  const [quarter, half] = [Math.floor(events.length / 4), Math.floor(events.length / 2)]
  const hour = 3600e6
  const breakUs = Math.ceil(hour / longestCandleUs(events)) * longestCandleUs(events)
  return withBadTick(events).flatMap((event, i) => {
    const moved = i >= half ? later(event, breakUs) : event
    const [tsEvent, tsInit, { symbol }] = [receivedAt(moved), receivedAt(moved), event]
    const before: MarketInput[] = []
    if (i === quarter && symbol)
      before.push(
        { kind: 'gap', symbol, tsEvent, reason: 'test' },
        { kind: 'reject', code: 'test.raw', raw: '{', symbol, tsEvent },
      )
    if (i === half + 10 && symbol && event.kind === 'book')
      before.push({ kind: 'book', symbol, tsEvent, update: 'snapshot', bids: event.bids, asks: [] })
    if (i % 97 === 0 && moved.kind === 'trade')
      return [...before, { ...moved, tsInit }, { ...moved, tsEvent: moved.tsEvent - 1500, tsInit }]
    return [...before, moved]
  })
}

/** The tape again and again, each time later, until it has so many events; they are made when they are asked for. */
export function longTape(events: readonly MarketInput[], length: number): Tape {
  const [first, last] = [events[0], events.at(-1)]
  if (!first || !last) return []
  const unit = longestCandleUs(events)
  const periodUs = Math.ceil((receivedAt(last) - receivedAt(first) + 1) / unit) * unit
  const at = (i: number) =>
    i < length ? later(events[i % events.length] as MarketInput, Math.floor(i / events.length) * periodUs) : undefined
  return { length, at }
}

/** Length of the longest candle on the tape; 1 s without candles. */
const longestCandleUs = (events: readonly MarketInput[]): number =>
  events.reduce((longest, event) => Math.max(longest, event.kind === 'candle' ? timeframeUs(event.timeframe) : 0), 1e6)
