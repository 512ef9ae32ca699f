import { fromGrid, type Candle, type EventStamp } from '@tapeloom/core'
import { FORMING, type FormingCandle } from '../candle/forming-candle.ts'
import type { Market } from '../ingest/market-table.ts'
import { taintReasons } from '../series/taint-flags.ts'

/** The input that makes a candle: `[sequence, tsEvent, tsInit]`, and the source that feeds its market. */
export interface CandleStamp {
  readonly now: Float64Array
  readonly origin: string
}

/** What every candle of a market carries besides its numbers. */
export const stampOf = ({ symbol, venue }: Market, { now, origin }: CandleStamp) => ({
  symbol, venue, origin, sequence: now[0]!, tsEvent: now[1]!, tsInit: now[2]!, // three numbers
})

/** The event of a closed candle, frozen: ticks and lots become numbers, what a venue said stays as it said it. */
export function candleEvent(market: Market, candle: FormingCandle, stamp: CandleStamp): Candle & EventStamp {
  const { number: n, timeframe, lengthUs, origin, taint, fromTrades } = candle
  const { tick, lot, contractSize, kind } = market.instrument
  const volume = origin === 'venue' ? n[FORMING.volume]! : fromGrid(lot, n[FORMING.lots]!)
  const traded = (n[FORMING.quote]! * tick.k * lot.k * contractSize) / (tick.scale * lot.scale)
  return Object.freeze({
    ...stampOf(market, stamp), timeframe, openTime: n[FORMING.openTime]!, closeTime: n[FORMING.openTime]! + lengthUs,
    open: fromGrid(tick, n[FORMING.open]!), high: fromGrid(tick, n[FORMING.high]!),
    low: fromGrid(tick, n[FORMING.low]!), close: fromGrid(tick, n[FORMING.close]!),
    volume,
    quoteVolume: !fromTrades ? n[FORMING.quote]! : kind === 'inverse' ? volume * contractSize : traded,
    trades: n[FORMING.trades]!,
    takerBuyVolume: origin === 'venue' ? n[FORMING.takerVolume]! : fromGrid(lot, n[FORMING.takerLots]!),
    taint: taintReasons(taint),
  })
}
