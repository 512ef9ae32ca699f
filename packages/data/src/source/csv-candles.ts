import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parseSymbol, TapeloomError, timeframeUs, type MarketSymbol, type Timeframe } from '@tapeloom/core'
import { DecimalPlaces } from './decimal-places.ts'
import { tryArchiveName, tryFileName, unknownName } from './file-name.ts'
import type { ParquetOptions } from './parquet-series.ts'

/** What a column holds, and the names under which it is known, in small letters with `_` for spaces. */
const NAMES = {
  time: ['open_time', 'time', 'timestamp', 'ts', 'ts_ms', 'date', 'datetime', 'unix'],
  open: ['open'], high: ['high'], low: ['low'], close: ['close'],
  volume: ['volume', 'vol', 'base_volume'],
  quoteVolume: ['quote_volume', 'quote_asset_volume'],
  trades: ['count', 'trades', 'number_of_trades', 'trade_count'],
  takerBuyVolume: ['taker_buy_volume', 'taker_buy_base_asset_volume', 'taker_buy'],
} as const
type Column = keyof typeof NAMES
const NEEDED = ['time', 'open', 'high', 'low', 'close', 'volume'] as const
const COLUMNS = Object.keys(NAMES) as readonly Column[]
/** Where columns stand in files without a header: six, or the twelve of Binance's kline archive. */
const PLAIN = ['time', 'open', 'high', 'low', 'close', 'volume'] as const
const KLINES = [...PLAIN, '', 'quoteVolume', 'trades', 'takerBuyVolume', '', ''] as const
const DATE = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/
const WEEK_US = 604_800e6

/** The candles of one file, checked, oldest first. */
export class CsvCandles {
  readonly venue: string
  readonly symbol: MarketSymbol
  readonly timeframe: Timeframe
  readonly sparse: boolean
  readonly price = new DecimalPlaces()
  readonly quantity = new DecimalPlaces()
  /** By column; times in µs. Columns that the file does not have are absent. */
  readonly columns: ReadonlyMap<Column, Float64Array>

  /** @throws TapeloomError `source.missing`, `source.name`, `source.csv` with file and line */
  constructor(path: string, options: ParquetOptions) {
    const name = tryFileName(path) ?? tryArchiveName(path)
    const [symbol, venue, timeframe] = [options.symbol ?? name?.symbol, options.venue ?? name?.venue, options.timeframe ?? name?.timeframe]
    if (!symbol || !venue || !timeframe) throw unknownName(path, !symbol ? 'the symbol' : venue ? 'the timeframe' : 'the venue')
    this.symbol = parseSymbol(symbol)
    this.venue = venue
    this.timeframe = timeframe
    this.sparse = name?.sparse ?? false
    this.columns = new CsvReader(path, timeframeUs(timeframe)).read()
    for (const column of ['open', 'high', 'low', 'close'] as const) this.price.add(this.columns.get(column)!)
    this.quantity.add(this.columns.get('volume')!)
  }

  get rows(): number {
    return this.columns.get('time')!.length
  }
}

class CsvReader {
  readonly #path: string
  readonly #lengthUs: number
  #line = 0
  #separator = ','

  constructor(path: string, lengthUs: number) {
    this.#path = path
    this.#lengthUs = lengthUs
  }

  read(): ReadonlyMap<Column, Float64Array> {
    const bytes = this.#bytes()
    let layout: readonly (Column | '')[] | undefined
    const found = new Map<Column, number[]>()
    for (let [from, to] = [0, 0]; from < bytes.length; from = to + 1) {
      to = bytes.indexOf(10, from)
      if (to < 0) to = bytes.length
      this.#line++
      const text = bytes.toString('latin1', from, to).replace(/^\u00ef\u00bb\u00bf/, '').trim()
      if (text === '') continue
      if (!layout) {
        const header = this.#layout(text)
        layout = header.columns
        for (const column of layout) if (column !== '') found.set(column, [])
        if (header.isHeader) continue
      }
      this.#row(this.#fields(text), layout, found)
    }
    if (!found.get('time')?.length) throw this.#wrong('holds no candles', 'Get it again')
    return new Map([...found].map(([column, values]) => [column, Float64Array.from(values)]))
  }

  #bytes(): Buffer {
    let bytes: Buffer
    try {
      bytes = readFileSync(this.#path)
    } catch (cause) {
      throw new TapeloomError('source.missing', `[source ${this.#path}] cannot be read: ${(cause as Error).message}. Check the path.`, { cause })
    }
    try {
      return /\.gz$/i.test(this.#path) ? gunzipSync(bytes) : bytes
    } catch (cause) {
      throw new TapeloomError('source.csv', `[source ${this.#path}] cannot be unpacked: ${(cause as Error).message}. Get it again.`, { cause })
    }
  }

  /** The columns, by the header or by how many there are. */
  #layout(text: string): { readonly columns: readonly (Column | '')[]; readonly isHeader: boolean } {
    if (!text.includes(',')) this.#separator = text.includes(';') ? ';' : text.includes('\t') ? '\t' : ','
    const fields = this.#fields(text)
    if (/^\d/.test(fields[0] ?? '')) {
      const columns = [PLAIN, KLINES].find(({ length }) => length === fields.length)
      if (columns) return { columns, isHeader: false }
      throw this.#wrong(`has ${fields.length} columns and no header`, 'Give a header with time, open, high, low, close, volume')
    }
    const names = fields.map((field) => field.toLowerCase().replaceAll(/\s+/g, '_'))
    const at = new Map(COLUMNS.map((column) => [column, names.findIndex((name) => (NAMES[column] as readonly string[]).includes(name))]))
    const absent = NEEDED.find((column) => at.get(column) === -1)
    if (absent) throw this.#wrong(`the header has no ${absent} ('${text.slice(0, 80)}')`, `Name one of its columns ${NAMES[absent].join(' or ')}`)
    return { columns: names.map((_, i) => COLUMNS.find((column) => at.get(column) === i) ?? ''), isHeader: true }
  }

  #row(fields: readonly string[], layout: readonly (Column | '')[], found: ReadonlyMap<Column, number[]>): void {
    if (fields.length !== layout.length) throw this.#wrong(`has ${fields.length} columns, ${layout.length} above it`, 'Repair it or get it again')
    for (const [i, column] of layout.entries()) {
      if (column !== '') found.get(column)!.push(column === 'time' ? this.#time(fields[i]!) : this.#number(fields[i]!, column)) // of equal length
    }
    const [open = 0, high = 0, low = 0, close = 0] = (['open', 'high', 'low', 'close'] as const).map((column) => found.get(column)!.at(-1))
    if (high < Math.max(open, close) || low > Math.min(open, close)) {
      throw this.#wrong(`open ${open} or close ${close} is outside of low ${low} to high ${high}`, 'Repair it or get it again')
    }
    const times = found.get('time')!
    if (times.length > 1 && !(times.at(-1)! > times.at(-2)!)) throw this.#wrong('is not later than the candle above it', 'Sort the file by time, each candle once')
  }

  #number(text: string, column: Column): number {
    const value = text === '' ? NaN : Number(text)
    const isPrice = ['open', 'high', 'low', 'close'].includes(column)
    if (Number.isFinite(value) && (isPrice ? value > 0 : value >= 0)) return value
    throw this.#wrong(`${column} '${text}' is no ${isPrice ? 'positive number' : 'number from 0'}`, 'Repair it or get it again')
  }

  /** µs of a date (UTC where no zone is said), or of a count since 1970 whose size tells its unit. */
  #time(text: string): number {
    let value = NaN
    if (/^\d+(\.0*)?$/.test(text)) {
      const count = Number(text)
      value = Math.round(count < 1e11 ? count * 1e6 : count < 1e14 ? count * 1e3 : count < 1e17 ? count : count / 1e3)
    } else {
      const zone = DATE.exec(text)
      if (zone) value = Date.parse(`${text.replace(' ', 'T')}${text.length > 10 && zone[1] === undefined ? 'Z' : ''}`) * 1000
    }
    if (!Number.isSafeInteger(value)) throw this.#wrong(`time '${text}' is none`, 'Write it as 2024-01-31 00:00:00, or as seconds, ms or µs since 1970')
    if (this.#lengthUs < WEEK_US && value % this.#lengthUs !== 0) {
      throw this.#wrong(`time '${text}' does not begin a candle of ${this.#lengthUs / 1e6} s`, 'Check the timeframe')
    }
    return value
  }

  #fields(text: string): readonly string[] {
    return text.split(this.#separator).map((field) => field.trim().replace(/^"(.*)"$/, '$1').trim())
  }

  #wrong(what: string, todo: string): TapeloomError {
    return new TapeloomError('source.csv', `[source ${this.#path}:${this.#line}] ${what}. ${todo}.`)
  }
}
