import { defineSource, instrument, timeframeUs } from '@tapeloom/core'
import type { CandleMessage, CandleValues, MarketMessage, MarketSymbol, Source, Timeframe } from '@tapeloom/core'
import { DecimalPlaces } from './decimal-places.ts'

/** Inputs that a recording yields at once. */
export const CHUNK = 1024

/** A candle as a recording yields it. */
export type CandleInput = MarketMessage & CandleMessage

/** A closed candle as an input: recordings know no time of receipt, so both times are its close. */
export const candleInput = (
  symbol: MarketSymbol,
  timeframe: Timeframe,
  lengthUs: number,
  candle: CandleValues,
): CandleInput => ({
  kind: 'candle',
  symbol,
  tsEvent: candle.openTime + lengthUs,
  timeframe,
  openTime: candle.openTime,
  open: candle.open,
  high: candle.high,
  low: candle.low,
  close: candle.close,
  volume: candle.volume,
})

/**
 * A source of candles that are in memory, oldest first; `openTime` in µs. Tick and lot sizes follow from the most
 * decimals in the data. The venue is `local` unless given.
 * @throws TapeloomError `duration.form` when the timeframe is none
 */
export function candleSource(
  symbol: MarketSymbol,
  timeframe: Timeframe,
  candles: Iterable<CandleValues>,
  spec: { readonly venue?: string } = {},
): Source {
  const { venue = 'local' } = spec
  const [list, lengthUs] = [Array.from(candles), timeframeUs(timeframe)]
  const [price, volume] = [new DecimalPlaces(), new DecimalPlaces()]
  price.add(Float64Array.from(list.flatMap(({ open, high, low, close }) => [open, high, low, close])))
  volume.add(Float64Array.from(list, (candle) => candle.volume))
  return defineSource({
    name: `${venue}:${symbol}:${timeframe}`,
    instruments: [instrument(symbol, { venue, tickSize: price.step, lotSize: volume.step })],
    length: list.length,
    async *events({ after = 0, signal }) {
      for (let at = after; at < list.length && !signal.aborted; at += CHUNK) {
        yield list.slice(at, at + CHUNK).map((candle) => candleInput(symbol, timeframe, lengthUs, candle))
      }
    },
  })
}
