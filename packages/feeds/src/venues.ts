import { TapeloomError } from '@tapeloom/core'
import { BinanceWire } from './binance/binance-wire.ts'
import { BitflyerDecoder } from './bitflyer/bitflyer-decoder.ts'
import { BitmexDecoder } from './bitmex/bitmex-decoder.ts'
import { BitstampDecoder } from './bitstamp/bitstamp-decoder.ts'
import { BitstampLogDecoder } from './bitstamp/bitstamp-log.ts'
import { BybitDecoder } from './bybit/bybit-decoder.ts'
import { CoinbaseBookDecoder } from './coinbase/coinbase-book.ts'
import { CoinbaseDecoder } from './coinbase/coinbase-decoder.ts'
import { GeminiDecoder } from './gemini/gemini-decoder.ts'
import { KrakenFuturesDecoder } from './kraken-futures/kraken-futures-decoder.ts'
import { KrakenDecoder } from './kraken/kraken-decoder.ts'
import { OkxDecoder } from './okx/okx-decoder.ts'
import type { VenueDecoder } from './venue-decoder.ts'

/** A venue whose captures can be read. */
export interface Venue {
  readonly name: string
  /** @param file where the name of the file tells what its lines do not */
  readonly decoder: (file?: string) => VenueDecoder
}

/** By the name of the exchange in a capture's header; two are formats without a header. */
export const VENUES: Readonly<Record<string, Venue>> = {
  BINANCE: { name: 'binance-spot', decoder: () => new BinanceWire('spot') },
  BINANCE_US: { name: 'binanceus-spot', decoder: () => new BinanceWire('spot') },
  BINANCE_FUTURES: { name: 'binance-usdm', decoder: () => new BinanceWire('usdm') },
  BINANCE_DELIVERY: { name: 'binance-coinm', decoder: () => new BinanceWire('coinm') },
  BITFLYER: { name: 'bitflyer', decoder: () => new BitflyerDecoder() },
  BITMEX: { name: 'bitmex', decoder: () => new BitmexDecoder() },
  BITSTAMP: { name: 'bitstamp', decoder: () => new BitstampDecoder() },
  BITSTAMP_LOG: { name: 'bitstamp', decoder: (file) => new BitstampLogDecoder(file) },
  BYBIT: { name: 'bybit', decoder: () => new BybitDecoder() },
  COINBASE: { name: 'coinbase', decoder: () => new CoinbaseDecoder() },
  COINBASE_BOOK: { name: 'coinbase', decoder: () => new CoinbaseBookDecoder() },
  GEMINI: { name: 'gemini', decoder: () => new GeminiDecoder() },
  KRAKEN: { name: 'kraken', decoder: () => new KrakenDecoder() },
  KRAKEN_FUTURES: { name: 'kraken-futures', decoder: () => new KrakenFuturesDecoder() },
  OKX: { name: 'okx', decoder: () => new OkxDecoder() },
}

/** The venue that a capture's header names. @throws TapeloomError `feed.venue` */
export function venueOf(exchange: string, file: string): Venue {
  const venue = VENUES[exchange.toUpperCase()]
  if (venue) return venue
  const known = Object.keys(VENUES).join(', ')
  const what = `is a capture of '${exchange}', which no decoder reads. Known are ${known}.`
  throw new TapeloomError('feed.venue', `[feed '${file}'] ${what}`)
}
