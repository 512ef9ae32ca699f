import { timeframeUs, type MarketInput, type Source } from '@tapeloom/core'
import { candleInput, CHUNK } from './candle-source.ts'
import { CsvCandles } from './csv-candles.ts'
import type { ParquetOptions } from './parquet-series.ts'
import { RecordedFiles } from './recorded-files.ts'

/**
 * A source of candles in CSV files (`.csv`, `.csv.gz`), merged by the time of their close: with a header that names time,
 * open, high, low, close and volume, or as Binance's archive has them (twelve columns; ms or µs). What the names of files do
 * not tell as `parquetSource` understands them, or as `BTCUSDT-1m-2024-01.csv`, the last argument says. Files are read and
 * checked by `prepare`, and then in memory: `source.missing`, `source.name`, `source.csv` with the line, `source.venue`.
 */
export function csvSource(...files: readonly string[] | readonly [...string[], ParquetOptions]): Source {
  return new CsvSource(files)
}

class CsvSource extends RecordedFiles<CsvCandles> {
  constructor(args: readonly (string | ParquetOptions)[]) {
    super('csvSource', args)
  }

  protected override open(file: string): CsvCandles {
    return new CsvCandles(file, this.options)
  }
  protected override lengthUs({ timeframe }: CsvCandles): number {
    return timeframeUs(timeframe)
  }

  override async *events({ after = 0, signal }: Parameters<Source['events']>[0]): AsyncIterable<readonly MarketInput[]> {
    await this.prepare()
    const ends = this.series.map(({ columns, timeframe }) => columns.get('time')!.map((time) => time + timeframeUs(timeframe)))
    const places = this.series.map(() => 0)
    for (let [done, chunk] = [0, [] as MarketInput[]]; !signal.aborted;) {
      let next = -1
      for (const [i, place] of places.entries()) {
        const end = ends[i]![place] ?? Infinity // i: of equal length
        if (end < (next < 0 ? Infinity : ends[next]![places[next]!]!)) next = i
      }
      if (next >= 0 && ++done > after) chunk.push(inputOf(this.series[next]!, places[next]!))
      if (next >= 0) places[next]!++
      if (chunk.length >= CHUNK || (next < 0 && chunk.length > 0)) {
        yield chunk
        chunk = []
      }
      if (next < 0) return
    }
  }
}

function inputOf({ symbol, timeframe, columns }: CsvCandles, row: number): MarketInput {
  const at = (column: Parameters<typeof columns.get>[0]) => columns.get(column)?.[row] ?? NaN
  const candle = { openTime: at('time'), open: at('open'), high: at('high'), low: at('low'), close: at('close'), volume: at('volume') }
  return {
    ...candleInput(symbol, timeframe, timeframeUs(timeframe), candle),
    ...(columns.has('quoteVolume') && { quoteVolume: at('quoteVolume') }),
    ...(columns.has('trades') && { trades: at('trades') }),
    ...(columns.has('takerBuyVolume') && { takerBuyVolume: at('takerBuyVolume') }),
  }
}
