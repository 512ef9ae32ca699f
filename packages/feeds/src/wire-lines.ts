import type { Instrument, MarketInput } from '@tapeloom/core'
import type { CaptureReader } from './capture-reader.ts'
import type { LineDecoder } from './text-lines.ts'
import type { WireEvent } from './venue-decoder.ts'
import { venueOf } from './venues.ts'
import { KEPT, WireFeed, type WireReject } from './wire-feed.ts'
import { inputOf } from './wire-input.ts'
import { readWireRecord, type WireRecord } from './wire-record.ts'

/** Reads recorded traffic of a venue; instruments are given by the venue's symbol. */
export class WireLines implements LineDecoder {
  readonly #feed: WireFeed
  readonly #instruments: ReadonlyMap<string, Instrument>
  #line = ''
  #record: WireRecord | undefined

  /** @throws TapeloomError `feed.venue` */
  constructor(exchange: string, file: string, instruments: ReadonlyMap<string, Instrument>) {
    this.#feed = new WireFeed(venueOf(exchange, file).decoder(file))
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
    const received = Number.isNaN(this.#feed.receivedUs) ? {} : { tsInit: this.#feed.receivedUs }
    const stamp = { sourceSequence, ...received }
    const input = inputOf(event, this.#instruments, stamp)
    if (event.kind === 'quote' || event.kind === 'reject') return input
    if (!input) return { kind: 'reject', code: 'feed.symbol', raw: this.#line.slice(0, KEPT), ...stamp }
    if (event.kind !== 'gap' && input.kind === 'gap') this.#feed.decoder.lose(event.symbol)
    return input
  }
}
