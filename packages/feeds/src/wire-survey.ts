import { instrument, TapeloomError, type Instrument } from '@tapeloom/core'
import type { CaptureReader } from './capture-reader.ts'
import type { CaptureSurvey } from './capture-survey.ts'
import type { Listing, WireEvent } from './venue-decoder.ts'
import { venueOf } from './venues.ts'
import { WireFeed } from './wire-feed.ts'
import { decimalsOf, stepWith } from './wire-grid.ts'
import { readWireRecord } from './wire-record.ts'

/** Most decimals seen. */
interface Decimals {
  price: number
  quantity: number
}

/** The exchange that a capture's first line names, or whose own format the line has; undefined when it is neither. */
export function exchangeOf(firstLine: string): string | undefined {
  const record = readWireRecord(firstLine)
  if (record?.type === 'header') return record.exchange
  if (record?.type !== 'message') return undefined
  return record.connection === 'log' ? 'BITSTAMP_LOG' : record.connection === 'rest' ? 'COINBASE_BOOK' : undefined
}

/** Finds the instruments of a capture of a venue's traffic, line by line. */
export class WireSurvey {
  readonly #venue
  readonly #exchange: string
  readonly #file: string
  readonly #feed: WireFeed
  readonly #seen = new Map<string, Decimals>()
  #events = 0

  /** @throws TapeloomError `feed.venue` */
  constructor(exchange: string, file: string) {
    this.#exchange = exchange
    this.#file = file
    this.#venue = venueOf(exchange, file)
    this.#feed = new WireFeed(this.#venue.decoder(file))
  }

  visit(reader: CaptureReader): void {
    for (const event of this.#feed.read(reader.whole())) {
      if (event.kind === 'reject' || event.kind === 'gap') continue
      if (event.kind !== 'quote') this.#events++
      this.#measure(event)
    }
  }

  /** @throws TapeloomError `feed.format` when there is no trade, book or quote in it */
  result(): CaptureSurvey {
    const instruments = new Map<string, Instrument>()
    for (const [raw, decimals] of this.#seen) {
      const listing = this.#feed.decoder.listing(raw)
      if (listing) instruments.set(raw, describe(listing, this.#venue.name, decimals))
    }
    const { name: venue } = this.#venue
    if (instruments.size > 0) {
      return { file: this.#file, venue, exchange: this.#exchange, instruments, nameless: undefined, events: this.#events }
    }
    const what = `holds no trade, book or quote of '${this.#exchange}'. Record one of its public channels.`
    throw new TapeloomError('feed.format', `[feed '${this.#file}'] ${what}`)
  }

  #measure(event: Exclude<WireEvent, { kind: 'gap' }>): void {
    let decimals = this.#seen.get(event.symbol)
    if (!decimals) this.#seen.set(event.symbol, (decimals = { price: 0, quantity: 0 }))
    if (event.kind === 'trade') widen(decimals, event.price, event.quantity)
    else if (event.kind === 'book') for (const level of [...event.bids, ...event.asks]) widen(decimals, ...level)
    else {
      widen(decimals, event.bid, event.quantities?.[0])
      widen(decimals, event.ask, event.quantities?.[1])
    }
  }
}

function describe({ symbol, kind, contractSize }: Listing, venue: string, { price, quantity }: Decimals): Instrument {
  const sizes = { tickSize: stepWith(price), lotSize: stepWith(quantity) }
  return instrument(symbol, { venue, ...sizes, ...(kind && { kind }), ...(contractSize !== undefined && { contractSize }) })
}

function widen(decimals: Decimals, price: string, quantity = '0'): void {
  decimals.price = Math.max(decimals.price, decimalsOf(price))
  decimals.quantity = Math.max(decimals.quantity, decimalsOf(quantity))
}
