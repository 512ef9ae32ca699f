import { fromGrid, type Grid, type Instrument, type MarketInput } from '@tapeloom/core'
import type { WireBookChange, WireEvent, WireLevel } from './venue-decoder.ts'
import type { WireReject } from './wire-feed.ts'
import { stepsOf } from './wire-grid.ts'

/** When what became an input was received, and its place in the source where it has one. */
export interface InputStamp {
  readonly tsInit?: number
  readonly sourceSequence?: number
}

/**
 * The input that an event of a venue becomes; a number off the instrument's grid makes it a gap (`finer-step`). Undefined
 * for quotes, and for symbols that have no instrument.
 */
export function inputOf(
  event: WireEvent | WireReject, instruments: ReadonlyMap<string, Instrument>, stamp: InputStamp,
): MarketInput | undefined {
  if (event.kind === 'quote') return undefined
  if (event.kind === 'reject') return { ...event, ...stamp }
  const instrument = instruments.get(event.symbol)
  if (!instrument) return undefined
  const about = { symbol: instrument.symbol, tsEvent: event.eventUs, ...stamp }
  if (event.kind === 'gap') return { kind: 'gap', ...about, reason: event.reason }
  const input = event.kind === 'trade' ? tradeOn(instrument, event) : bookOn(instrument, event)
  return input ? { ...input, ...about } : { kind: 'gap', ...about, reason: 'finer-step' }
}

/** The value of decimal digits on the instrument's grid, by whole steps; NaN off it. */
const valueOn = (grid: Grid, digits: string): number => fromGrid(grid, stepsOf(grid, digits))

function tradeOn({ tick, lot }: Instrument, { price, quantity, aggressor, id }: WireEvent & { kind: 'trade' }) {
  const on = [valueOn(tick, price), valueOn(lot, quantity)] as const
  if (on.some(Number.isNaN)) return undefined
  return { kind: 'trade' as const, price: on[0], quantity: on[1], aggressor, ...(id !== undefined && { id }) }
}

function bookOn({ tick, lot }: Instrument, { update, partial, ...sides }: WireBookChange) {
  const on = (levels: readonly WireLevel[]) =>
    levels.map(([price, quantity]) => [valueOn(tick, price), valueOn(lot, quantity)] as const)
  const [bids, asks] = [on(sides.bids), on(sides.asks)]
  if ([...bids, ...asks].some((level) => level.some(Number.isNaN))) return undefined
  return { kind: 'book' as const, update, bids, asks, ...(partial && { partial }) }
}
