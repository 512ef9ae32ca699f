import { fromGrid, type Grid, type Instrument, type MarketInput } from '@tapeloom/core'
import type { CaptureReader } from './capture-reader.ts'
import type { LineDecoder } from './text-lines.ts'
import type { WireBookChange, WireEvent, WireLevel } from './venue-decoder.ts'
import { venueOf } from './venues.ts'
import { KEPT, WireFeed, type WireReject } from './wire-feed.ts'
import { stepsOf } from './wire-grid.ts'
import { readWireRecord, type WireRecord } from './wire-record.ts'

/** Reads recorded traffic of a venue; instruments are given by the venue's symbol. */
export class WireLines implements LineDecoder {
  readonly #feed: WireFeed
  readonly #instruments: ReadonlyMap<string, Instrument>
  #line = ''
  #record: WireRecord | undefined

  /** @throws TapeloomError `feed.venue` */
  constructor(exchange: string, file: string, instruments: ReadonlyMap<string, Instrument>) {
    this.#feed = new WireFeed(venueOf(exchange, file).decoder())
    this.#instruments = instruments
  }

  receivedUs(reader: CaptureReader): number {
    this.#line = reader.whole()
    this.#record = readWireRecord(this.#line)
    return this.#record && 'receivedUs' in this.#record ? this.#record.receivedUs : NaN
  }

  decode(_reader: CaptureReader, sequence: number): readonly MarketInput[] {
    const inputs: MarketInput[] = []
    for (const event of this.#feed.read(this.#line, this.#record)) {
      const input = this.#input(event, sequence + inputs.length)
      if (input) inputs.push(input)
    }
    return inputs
  }

  #input(event: WireEvent | WireReject, sourceSequence: number): MarketInput | undefined {
    if (event.kind === 'quote') return undefined
    const received = Number.isNaN(this.#feed.receivedUs) ? {} : { tsInit: this.#feed.receivedUs }
    if (event.kind === 'reject') return { ...event, sourceSequence, ...received }
    const instrument = this.#instruments.get(event.symbol)
    if (!instrument) return { kind: 'reject', code: 'feed.symbol', raw: this.#line.slice(0, KEPT), sourceSequence, ...received }
    const stamp = { symbol: instrument.symbol, tsEvent: event.eventUs, ...received, sourceSequence }
    if (event.kind === 'gap') return { kind: 'gap', ...stamp, reason: event.reason }
    const input = event.kind === 'trade' ? tradeOn(instrument, event) : bookOn(instrument, event)
    if (input) return { ...input, ...stamp }
    if (event.kind === 'book') this.#feed.decoder.lose(event.symbol)
    return { kind: 'gap', ...stamp, reason: 'finer-step' }
  }
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
