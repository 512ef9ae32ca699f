import { binance } from '../binance/binance-live.ts'
import { bybit } from '../bybit/bybit-live.ts'
import { coinbase } from '../coinbase/coinbase-live.ts'
import { kraken } from '../kraken/kraken-live.ts'
import { okx } from '../okx/okx-live.ts'
import type { LiveOptions } from './live-options.ts'
import type { LiveSource } from './live-source.ts'

/** What makes the live source of each venue, by its name in a configuration. */
export const liveVenues: Readonly<Record<string, (options: LiveOptions) => LiveSource>> = { binance, bybit, coinbase, kraken, okx }
