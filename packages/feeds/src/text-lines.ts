import type { MarketInput } from '@tapeloom/core'
import type { BinanceDecoder } from './binance/binance-decoder.ts'
import { BinanceParser } from './binance/binance-parser.ts'
import type { CaptureReader } from './capture-reader.ts'
import { receiveTimeUs } from './receive-time.ts'

/** What reads the lines of one capture. */
export interface LineDecoder {
  /** When the current line was received, µs; NaN when it does not say. Called once a line, before `decode`. */
  receivedUs(reader: CaptureReader): number
  /** The inputs of the current line; their sequences begin at `sequence` and rise by one. */
  decode(reader: CaptureReader, sequence: number): readonly MarketInput[]
}

/** Reads lines `<receive time, ns> <JSON>` of Binance; decoders are given by the venue's symbol. */
export class TextLines implements LineDecoder {
  readonly #parser = new BinanceParser()
  readonly #decoders: ReadonlyMap<string, BinanceDecoder>
  readonly #nameless: string

  /** @param nameless whose the snapshots are that do not name their symbol */
  constructor(decoders: ReadonlyMap<string, BinanceDecoder>, nameless = '') {
    this.#decoders = decoders
    this.#nameless = nameless
  }

  receivedUs({ bytes, start, end }: CaptureReader): number {
    return receiveTimeUs(bytes, start, end)
  }

  decode(reader: CaptureReader, sequence: number): readonly MarketInput[] {
    const message = this.#parser.parse(reader.bytes, reader.start, reader.end)
    const decoder = this.#decoders.get(message.symbol || this.#nameless)
    if (decoder && message.kind !== 'broken' && message.kind !== 'other') {
      const input = decoder.decode(message, sequence)
      return input ? [input] : []
    }
    const code = message.kind === 'broken' ? 'feed.broken' : message.kind === 'other' ? 'feed.unknown' : 'feed.symbol'
    const received = Number.isNaN(message.receivedUs) ? {} : { tsInit: message.receivedUs }
    const symbol = code === 'feed.symbol' ? undefined : this.#decoders.get(this.#nameless)?.instrument.symbol
    return [{ kind: 'reject', code, raw: reader.text(), sourceSequence: sequence, ...(symbol && { symbol }), ...received }]
  }
}
