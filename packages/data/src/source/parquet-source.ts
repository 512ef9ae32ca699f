import { timeframeUs, type MarketInput, type Source } from '@tapeloom/core'
import { CHUNK } from './candle-source.ts'
import { ParquetSeries, type ParquetOptions } from './parquet-series.ts'
import { RecordedFiles } from './recorded-files.ts'

/**
 * A source of recorded files, merged by time: candles named `<venue>_<BASEQUOTE>_<timeframe>_<from>_<to>.parquet`
 * (columns ts, open, high, low, close, volume) and trades (ts_ms, recv_ns, trade_id, price, qty, buyer_is_maker).
 * The last argument may say symbol, venue and timeframe of files whose names do not. Read in plain JavaScript,
 * row group by row group. Errors come from `prepare`: `source.missing`, `source.parquet`, `source.name`,
 * `source.venue` when one symbol comes from two venues.
 */
export function parquetSource(...files: readonly string[] | readonly [...string[], ParquetOptions]): Source {
  return new ParquetSource(files)
}

class ParquetSource extends RecordedFiles<ParquetSeries> {
  constructor(args: readonly (string | ParquetOptions)[]) {
    super('parquetSource', args)
  }

  protected override open(file: string): Promise<ParquetSeries> {
    return ParquetSeries.open(file, this.options)
  }
  protected override lengthUs({ timeframe }: ParquetSeries): number {
    return timeframe ? timeframeUs(timeframe) : 0
  }

  override async *events({ after = 0, signal }: Parameters<Source['events']>[0]): AsyncIterable<readonly MarketInput[]> {
    await this.prepare()
    const cursors = this.series.map((series) => new Cursor(series))
    for (const cursor of cursors) await cursor.fill()
    for (let [done, chunk] = [0, [] as MarketInput[]]; !signal.aborted;) {
      const next = earliest(cursors)
      const input = next?.take()
      if (input && ++done > after) chunk.push(input)
      if (chunk.length >= CHUNK || (!input && chunk.length > 0)) {
        yield chunk
        chunk = []
      }
      if (!next) return
      if (next.empty) await next.fill()
    }
  }
}

/** The place in one file. */
class Cursor {
  readonly #series: ParquetSeries
  #inputs: readonly MarketInput[] = []
  #at = 0
  #group = 0

  constructor(series: ParquetSeries) {
    this.#series = series
  }

  get empty(): boolean {
    return this.#at >= this.#inputs.length
  }

  /** Time of receipt of the next input; Infinity at the end. */
  get time(): number {
    const next = this.#inputs[this.#at]
    return next ? (next.tsInit ?? next.tsEvent ?? Infinity) : Infinity
  }

  take(): MarketInput | undefined {
    return this.#inputs[this.#at++]
  }

  async fill(): Promise<void> {
    while (this.empty && this.#group < this.#series.groups) {
      this.#inputs = await this.#series.inputs(this.#group++)
      this.#at = 0
    }
  }
}

function earliest(cursors: readonly Cursor[]): Cursor | undefined {
  let best: Cursor | undefined
  for (const cursor of cursors) if (!cursor.empty && (!best || cursor.time < best.time)) best = cursor
  return best
}
