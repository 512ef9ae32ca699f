import { instrument, TapeloomError, type Instrument, type MarketInput, type Source } from '@tapeloom/core'
import type { ParquetOptions } from './parquet-series.ts'

/** What every recorded file of a source says of itself. */
export interface RecordedSeries {
  readonly symbol: Parameters<typeof instrument>[0]
  readonly venue: string
  readonly price: { readonly step: string }
  readonly quantity: { readonly step: string }
  /** Minutes without trades are left out. */
  readonly sparse: boolean
  readonly rows: number
}

/** The files of a source, and what follows from all of them; how they are opened and read is the format's. */
export abstract class RecordedFiles<S extends RecordedSeries> implements Source {
  readonly name: string
  readonly live = false
  protected readonly files: readonly string[]
  protected readonly options: ParquetOptions
  protected series: readonly S[] = []
  readonly #who: string
  #instruments: readonly Instrument[] = []

  /** @throws TapeloomError `source.missing` without a file */
  constructor(who: string, args: readonly (string | ParquetOptions)[]) {
    const last = args.at(-1)
    this.#who = who
    this.options = typeof last === 'object' ? last : {}
    this.files = args.filter((argument) => typeof argument === 'string')
    this.name = this.files.map((file) => file.replace(/^.*[\\/]/, '')).join(' + ')
    if (this.files.length === 0) throw new TapeloomError('source.missing', `[${who}] got no file. Name at least one.`)
  }

  get instruments(): readonly Instrument[] {
    return this.#instruments
  }

  get absentMeans(): 'gap' | 'empty' {
    return this.series.some(({ sparse }) => sparse) ? 'empty' : 'gap'
  }

  get length(): number | undefined {
    return this.series.length === 0 ? undefined : this.series.reduce((sum, { rows }) => sum + rows, 0)
  }

  async prepare(): Promise<void> {
    if (this.series.length > 0) return
    const series: S[] = []
    for (const file of this.files) series.push(await this.open(file))
    // of candles that close at the same time the finer comes first
    series.sort((a, b) => this.lengthUs(a) - this.lengthUs(b))
    this.#instruments = instrumentsOf(series, this.#who)
    this.series = series
  }

  abstract events(request: Parameters<Source['events']>[0]): AsyncIterable<readonly MarketInput[]>
  protected abstract open(file: string): S | Promise<S>
  /** Of a series' candles, µs; 0 for trades. */
  protected abstract lengthUs(series: S): number
}

/** One instrument a symbol; its grid is the finest of its files. */
function instrumentsOf(series: readonly RecordedSeries[], who: string): readonly Instrument[] {
  return [...Map.groupBy(series, ({ symbol }) => symbol)].map(([symbol, all]) => {
    const venue = all[0]?.venue ?? ''
    const other = all.find((one) => one.venue !== venue)
    if (other) {
      throw new TapeloomError(
        'source.venue',
        `[${who}] ${symbol} comes from '${venue}' and '${other.venue}'. Give each venue a source of its own.`,
      )
    }
    const finest = (steps: readonly string[]): string => steps.toSorted((a, b) => Number(a) - Number(b))[0] ?? '1'
    const [tickSize, lotSize] = [finest(all.map(({ price }) => price.step)), finest(all.map(({ quantity }) => quantity.step))]
    return instrument(symbol, { venue, tickSize, lotSize })
  })
}
