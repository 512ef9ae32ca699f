import type { CandleValues } from '@tapeloom/core'
import { Atr, BollingerBands, EfficiencyRatio, Ema, Rsi, Slope } from '@tapeloom/indicators'

/** One indicator of a closed candle, as a store keeps it. */
export interface IndicatorValue {
  readonly name: string
  /** Its parameters, joined by commas: `14`, `20,2`. */
  readonly params: string
  readonly value: number
}

/** What is known of one timeframe: times of its newest candle (µs), and the memories of its indicators. */
export interface TimeframeSeries {
  openTime: number
  closeTime: number
  close: number
  readonly slope: Float64Array
  readonly atr: Float64Array
  readonly er: Float64Array
  readonly rsi: Float64Array
  readonly fast: Float64Array
  readonly slow: Float64Array
  readonly bands: Float64Array
}

/** A timeframe without candles. */
export const createSeries = (): TimeframeSeries => ({
  openTime: NaN, closeTime: NaN, close: NaN,
  slope: new Slope(20).state, atr: new Atr(14).state, er: new EfficiencyRatio(20).state, rsi: new Rsi(14).state,
  fast: new Ema(12).state, slow: new Ema(26).state, bands: new BollingerBands(20, 2).state,
})

/** Takes a closed candle: writes its columns to `out`, in the order of `COLUMNS_OF`, and returns the indicators that are known. */
export function addCandle(
  series: TimeframeSeries,
  { openTime, high, low, close }: CandleValues,
  out: Float64Array,
): readonly IndicatorValue[] {
  const slope = new Slope(20, series.slope).add(close)
  const atr = new Atr(14, series.atr).add(high, low, close)
  const er = new EfficiencyRatio(20, series.er).add(close)
  const rsi = new Rsi(14, series.rsi).add(close)
  const fast = new Ema(12, series.fast).add(close)
  const slow = new Ema(26, series.slow).add(close)
  const bands = new BollingerBands(20, 2, series.bands)
  bands.add(close)
  series.openTime = openTime
  series.close = close
  out[0] = Math.tanh(slope / atr) * er
  out[1] = er
  out[2] = rsi
  out[3] = (1e4 * atr) / close
  out[4] = 1e4 * Math.log(fast / slow)
  out[5] = bands.zScore
  const known: IndicatorValue[] = []
  const tell = (name: string, params: string, value: number) => void (value === value && known.push({ name, params, value }))
  tell('slope', '20', slope)
  tell('atr', '14', atr)
  tell('efficiency_ratio', '20', er)
  tell('rsi', '14', rsi)
  tell('ema', '12', fast)
  tell('ema', '26', slow)
  tell('bollinger_middle', '20,2', bands.value)
  tell('bollinger_upper', '20,2', bands.upper)
  tell('bollinger_lower', '20,2', bands.lower)
  return known
}
