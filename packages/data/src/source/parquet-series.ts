import { TapeloomError, timeframeUs } from '@tapeloom/core'
import type { MarketInput, MarketSymbol, Timeframe } from '@tapeloom/core'
import { DecimalPlaces } from './decimal-places.ts'
import { tryFileName, unknownName } from './file-name.ts'
import { broken, ParquetFile, type ParquetColumns } from './parquet-file.ts'

/** What is in files whose names do not tell. */
export interface ParquetOptions {
  readonly symbol?: MarketSymbol
  readonly venue?: string
  readonly timeframe?: Timeframe
}

/** For each role, the column names that are understood, and what a unit of it is in µs where it is a time. */
const TIMES: Readonly<Record<string, number>> = { open_time: 1, ts: 1, timestamp: 1, ts_ms: 1000 }
const ALIASES = {
  time: ['open_time', 'ts', 'ts_ms', 'timestamp'],
  quantity: ['qty', 'quantity'],
  maker: ['buyer_is_maker', 'buyer_maker'],
} as const
const CANDLE = ['open', 'high', 'low', 'close', 'volume'] as const

/** One file as a series of inputs, row group by row group. */
export class ParquetSeries {
  readonly venue: string
  readonly symbol: MarketSymbol
  readonly timeframe: Timeframe | undefined
  readonly sparse: boolean
  readonly price = new DecimalPlaces()
  readonly quantity = new DecimalPlaces()
  readonly #file: ParquetFile
  readonly #time: string
  readonly #columns: readonly string[]

  private constructor(file: ParquetFile, options: ParquetOptions) {
    const name = tryFileName(file.path)
    const [symbol, venue] = [options.symbol ?? name?.symbol, options.venue ?? name?.venue]
    const isCandles = CANDLE.every((column) => file.columns.includes(column))
    const timeframe = isCandles ? (options.timeframe ?? name?.timeframe) : undefined
    if (!symbol || !venue) throw unknownName(file.path, symbol ? 'the venue' : 'the symbol')
    if (isCandles && !timeframe) throw unknownName(file.path, 'the timeframe')
    if (timeframe) timeframeUs(timeframe)
    this.#file = file
    this.symbol = symbol
    this.venue = venue
    this.timeframe = timeframe
    this.sparse = name?.sparse ?? false
    this.#time = this.#named(ALIASES.time)
    const rest = isCandles
      ? [...CANDLE, ...this.#present('quote_volume', 'trades', 'taker_buy')]
      : [...this.#present('recv_ns', 'trade_id'), 'price', this.#named(ALIASES.quantity), this.#named(ALIASES.maker)]
    if (!isCandles && !file.columns.includes('price'))
      throw broken(file.path, "has no column 'price', nor candle columns")
    this.#columns = [this.#time, ...rest]
  }

  /** @throws TapeloomError `source.missing`, `source.parquet`, `source.name` */
  static async open(path: string, options: ParquetOptions): Promise<ParquetSeries> {
    const series = new ParquetSeries(await ParquetFile.open(path), options)
    await series.#countDecimals()
    return series
  }

  get rows(): number {
    return this.#file.rows
  }

  get groups(): number {
    return this.#file.groups
  }

  /** The inputs of one row group, in the file's order; afterwards the group is forgotten. */
  async inputs(group: number): Promise<readonly MarketInput[]> {
    const columns = await this.#file.read(group, this.#columns)
    this.#file.drop(group)
    return this.timeframe ? this.#candles(columns, this.timeframe) : this.#trades(columns)
  }

  #candles(columns: ParquetColumns, timeframe: Timeframe): readonly MarketInput[] {
    const [symbol, lengthUs, unit] = [this.symbol, timeframeUs(timeframe), TIMES[this.#time] ?? 1]
    const [times, open, high] = [columns.get(this.#time)!, columns.get('open')!, columns.get('high')!]
    const [low, close, volume] = [columns.get('low')!, columns.get('close')!, columns.get('volume')!]
    const [quoteVolume, trades, takerBuy] = ['quote_volume', 'trades', 'taker_buy'].map((name) => columns.get(name))
    return Array.from(times, (time, i): MarketInput => ({
      kind: 'candle',
      symbol,
      tsEvent: time * unit + lengthUs,
      timeframe,
      openTime: time * unit,
      open: open[i]!,
      high: high[i]!,
      low: low[i]!,
      close: close[i]!,
      volume: volume[i]!, // columns of equal length
      ...(quoteVolume && { quoteVolume: quoteVolume[i]! }),
      ...(trades && { trades: trades[i]! }),
      ...(takerBuy && { takerBuyVolume: takerBuy[i]! }),
    }))
  }

  #trades(columns: ParquetColumns): readonly MarketInput[] {
    const [symbol, unit] = [this.symbol, TIMES[this.#time] ?? 1]
    const [times, price] = [columns.get(this.#time)!, columns.get('price')!]
    const [quantity, maker] = [columns.get(this.#named(ALIASES.quantity))!, columns.get(this.#named(ALIASES.maker))!]
    const [received, ids] = [columns.get('recv_ns'), columns.get('trade_id')]
    return Array.from(times, (time, i): MarketInput => ({
      kind: 'trade',
      symbol,
      tsEvent: time * unit,
      price: price[i]!,
      quantity: quantity[i]!,
      aggressor: maker[i] === 1 ? 'sell' : 'buy', // the buyer made the price: the seller took it
      ...(received && { tsInit: Math.floor(received[i]! / 1000) }),
      ...(ids && { id: String(ids[i]) }),
    }))
  }

  async #countDecimals(): Promise<void> {
    const prices = this.timeframe ? ['open', 'high', 'low', 'close'] : ['price']
    const quantity = this.timeframe ? 'volume' : this.#named(ALIASES.quantity)
    for (let group = 0; group < this.groups; group++) {
      const columns = await this.#file.read(group, this.#columns)
      for (const name of prices) this.price.add(columns.get(name)!)
      this.quantity.add(columns.get(quantity)!)
    }
  }

  #named(names: readonly string[]): string {
    const found = names.find((name) => this.#file.columns.includes(name))
    if (found) return found
    throw new TapeloomError(
      'source.parquet',
      `[source ${this.#file.path}] has none of the columns '${names.join("', '")}'. Give candles (ts, open, high, ` +
        'low, close, volume) or trades (ts_ms, price, qty, buyer_is_maker).',
    )
  }

  #present(...names: readonly string[]): readonly string[] {
    return names.filter((name) => this.#file.columns.includes(name))
  }
}
