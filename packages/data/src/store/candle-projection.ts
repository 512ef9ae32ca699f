import { Ema, Sma, Vwap } from '@tapeloom/indicators'
import type { Candle, MarketSymbol, Plain } from '@tapeloom/core'
import { candleSeriesId } from '../series/series-id.ts'
import { taintBits } from '../series/taint-flags.ts'
import type { Projector } from './projector.ts'
import { averageColumns } from './store-tables.ts'

const DAY_US = 86_400e6

/** The averages of one candle series, as they stand after its newest candle. */
class SeriesAverages {
  readonly #closes = [new Sma(10), new Sma(20), new Sma(50), new Sma(200), new Ema(12), new Ema(26), new Ema(50)]
  readonly #vwap = new Vwap()
  /** `[open time of the newest candle, its UTC day]`. */
  readonly #last = Float64Array.of(-Infinity, NaN)
  readonly values = new Float64Array(averageColumns.length).fill(NaN)

  /** Takes the next candle; false for one that is not newer than the last. */
  add({ openTime, closeTime, high, low, close, volume }: Candle): boolean {
    if (openTime <= this.#last[0]!) return false
    const day = closeTime - openTime < DAY_US ? Math.floor(openTime / DAY_US) : 0
    if (day !== this.#last[1]) this.#vwap.reset()
    this.#last.set([openTime, day])
    this.#closes.forEach((average, i) => (this.values[i] = average.add(close)))
    this.values[averageColumns.length - 1] = this.#vwap.add((high + low + close) / 3, volume)
    return true
  }

  snapshot(): Plain {
    return {
      last: this.#last.slice(),
      vwap: this.#vwap.state.slice(),
      closes: this.#closes.map(({ state }) => state.slice()),
    }
  }

  restore(state: Plain): void {
    const { last, vwap, closes } = state as unknown as {
      last: Float64Array
      vwap: Float64Array
      closes: Float64Array[]
    }
    this.#last.set(last)
    this.#vwap.state.set(vwap)
    this.#closes.forEach((average, i) => average.state.set(closes[i] ?? []))
  }
}

/**
 * Writes closed candles to `ohlcv_<timeframe>` with their averages: of closes, each seeded with its first n, and the
 * volume-weighted mean of (high + low + close)/3 since 00:00 UTC (for candles of a day and more: since the first).
 * A newer version of an older candle carries none: what followed it is not rewritten.
 */
export class CandleProjection {
  readonly #series = new Map<string, SeriesAverages>()

  /** Adds the candle of the current input. Averages advance whether or not the store already has the row. */
  add(projector: Projector, symbol: MarketSymbol, candle: Candle): void {
    const id = candleSeriesId(candle.venue, symbol, candle.timeframe)
    let averages = this.#series.get(id)
    if (!averages) this.#series.set(id, (averages = new SeriesAverages()))
    const newest = averages.add(candle)
    if (!projector.wanted) return
    const table = projector.table(`ohlcv_${candle.timeframe}`)
    const at = table.append({
      symbol,
      venue: candle.venue,
      open_time: candle.openTime,
      open: candle.open,
      high: candle.high,
      low: candle.low,
      close: candle.close,
      volume: candle.volume,
      quote_volume: candle.quoteVolume,
      trades: candle.trades,
      taker_buy: candle.takerBuyVolume,
      flags: taintBits(candle.taint),
      taint: candle.taint.length === 0 ? null : JSON.stringify(candle.taint),
    })
    if (newest) for (const [i, name] of averageColumns.entries()) table.column(name)[at] = averages.values[i]!
    projector.added(table, at)
  }

  snapshot(): Plain {
    return [...this.#series].map(([id, averages]) => ({ id, averages: averages.snapshot() }))
  }

  restore(state: Plain): void {
    this.#series.clear()
    for (const { id, averages } of state as unknown as { id: string; averages: Plain }[]) {
      const series = new SeriesAverages()
      series.restore(averages)
      this.#series.set(id, series)
    }
  }
}
