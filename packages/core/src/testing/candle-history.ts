import { TapeloomError } from '../error.ts'
import type { LaneFrame, LaneReader } from '../ports/data-port.ts'
import type { Candle } from '../vocabulary/candle.ts'
import type { Timeframe } from '../vocabulary/duration.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'

/** Closed candles of a test, per symbol and timeframe: what a restarted module is warmed up with. */
export class CandleHistory implements LaneReader {
  readonly #symbols: readonly MarketSymbol[]
  readonly #series = new Map<string, Candle[]>()

  constructor(symbols: readonly MarketSymbol[]) {
    this.#symbols = symbols
  }

  add(symbolIndex: number, candle: Candle): void {
    const series = this.#of(this.#symbols[symbolIndex], candle.timeframe)
    if (!((series.at(-1)?.openTime ?? -Infinity) >= candle.openTime)) series.push(candle)
  }
  last(symbolIndex: number, timeframe: Timeframe): Candle | undefined {
    return this.#of(this.#symbols[symbolIndex], timeframe).at(-1)
  }
  candles(symbol: MarketSymbol, timeframe: Timeframe, from: number, to: number): readonly Candle[] {
    return this.#of(symbol, timeframe).filter(({ openTime }) => openTime >= from && openTime < to)
  }
  /** Networks are tested over a DataProvider: the kit has no lanes. @throws TapeloomError `testing.lane` */
  gather(): LaneFrame {
    throw noLanes()
  }
  async rebuild(): Promise<void> {
    throw noLanes()
  }

  #of(symbol: MarketSymbol | undefined, timeframe: Timeframe): Candle[] {
    const key = `${symbol}|${timeframe}`
    const known = this.#series.get(key)
    if (known) return known
    const series: Candle[] = []
    this.#series.set(key, series)
    return series
  }
}

const noLanes = () =>
  new TapeloomError(
    'testing.lane',
    '[testing] feeds no lanes to networks. Test a predictor with a DataProvider over recorded or simulated data.',
  )
