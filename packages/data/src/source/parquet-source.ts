import { instrument, TapeloomError, timeframeUs } from '@tapeloom/core'
import type { Instrument, MarketInput, Source } from '@tapeloom/core'
import { CHUNK } from './candle-source.ts'
import { ParquetSeries, type ParquetOptions } from './parquet-series.ts'

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

class ParquetSource implements Source {
  readonly name: string
  readonly live = false
  readonly #files: readonly string[]
  readonly #options: ParquetOptions
  #series: readonly ParquetSeries[] = []
  #instruments: readonly Instrument[] = []

  constructor(args: readonly (string | ParquetOptions)[]) {
    const last = args.at(-1)
    this.#options = typeof last === 'object' ? last : {}
    this.#files = args.filter((argument) => typeof argument === 'string')
    this.name = this.#files.map((file) => file.replace(/^.*[\\/]/, '')).join(' + ')
    if (this.#files.length === 0) {
      throw new TapeloomError('source.missing', '[parquetSource] got no file. Name at least one.')
    }
  }

  get instruments(): readonly Instrument[] {
    return this.#instruments
  }

  get absentMeans(): 'gap' | 'empty' {
    return this.#series.some(({ sparse }) => sparse) ? 'empty' : 'gap'
  }

  get length(): number | undefined {
    return this.#series.length === 0 ? undefined : this.#series.reduce((sum, { rows }) => sum + rows, 0)
  }

  async prepare(): Promise<void> {
    if (this.#series.length > 0) return
    const series: ParquetSeries[] = []
    for (const file of this.#files) series.push(await ParquetSeries.open(file, this.#options))
    // of candles that close at the same time the finer comes first
    series.sort((a, b) => lengthUs(a) - lengthUs(b))
    this.#instruments = instrumentsOf(series, 'parquetSource')
    this.#series = series
  }

  async *events({ after = 0, signal }: Parameters<Source['events']>[0]): AsyncIterable<readonly MarketInput[]> {
    await this.prepare()
    const cursors = this.#series.map((series) => new Cursor(series))
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

const lengthUs = ({ timeframe }: ParquetSeries): number => (timeframe ? timeframeUs(timeframe) : 0)

/** One instrument a symbol; its grid is the finest of its files. */
export function instrumentsOf(
  series: readonly Pick<ParquetSeries, 'symbol' | 'venue' | 'price' | 'quantity'>[], source: string,
): readonly Instrument[] {
  return [...Map.groupBy(series, ({ symbol }) => symbol)].map(([symbol, [first, ...others]]) => {
    const all = first ? [first, ...others] : others
    const venue = first?.venue ?? ''
    const other = others.find((one) => one.venue !== venue)
    if (other) {
      throw new TapeloomError(
        'source.venue',
        `[${source}] ${symbol} comes from '${venue}' and '${other.venue}'. Give each venue a source of its own.`,
      )
    }
    const finest = (steps: readonly string[]): string => steps.toSorted((a, b) => Number(a) - Number(b))[0] ?? '1'
    const [tickSize, lotSize] = [
      finest(all.map(({ price }) => price.step)),
      finest(all.map(({ quantity }) => quantity.step)),
    ]
    return instrument(symbol, { venue, tickSize, lotSize })
  })
}
