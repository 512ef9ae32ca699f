import { timeframeUs, type Plain, type Timeframe } from '@tapeloom/core'
import { AT, type MarketRecord } from '../ingest/market-record.ts'
import { OutlierGate } from './outlier-gate.ts'

/** How a series comes into being: from trades, from the venue as it is, or folded from a finer series. */
export type CandleOrigin = 'trades' | 'venue' | 'rolled'

/** Where the numbers of a forming candle stand in `FormingCandle.number`. Prices are ticks; times µs. */
export const FORMING = {
  openTime: 0, closeTime: 1, open: 2, high: 3, low: 4, close: 5,
  /** Integer lots. */
  lots: 6, takerLots: 7,
  /** Integer products of ticks and lots from trades; quote units from a venue's candles. */
  quote: 8, trades: 9,
  /** `tsEvent` of the trades that made open and close. */
  firstTs: 10, lastTs: 11,
  /** Closed finer candles in it. */
  children: 12,
  /** Of the newest closed candle of this series; NaN before the first. */
  lastClose: 13, lastOpenTime: 14,
  /** A venue's own volumes, as it says them. */
  volume: 15, takerVolume: 16,
} as const
const NUMBERS = 17

/**
 * The candle of one series that is still open, and what must be remembered of the closed one before it.
 * `number[FORMING.closeTime]` is Infinity while none is open.
 */
export class FormingCandle {
  readonly timeframe: Timeframe
  readonly lengthUs: number
  origin: CandleOrigin
  /** The finer series that this one folds, when it is rolled. */
  child: FormingCandle | undefined
  readonly number = new Float64Array(NUMBERS)
  readonly gate = new OutlierGate()
  /** Bits of the taint so far. */
  taint = 0
  firstId = ''
  lastId = ''
  /** Trades that came after their candle was closed. */
  late = 0

  constructor(timeframe: Timeframe, origin: CandleOrigin, child?: FormingCandle) {
    this.timeframe = timeframe
    this.lengthUs = timeframeUs(timeframe)
    this.origin = origin
    this.child = child
    this.number.fill(NaN)
    this.clear()
  }

  get isOpen(): boolean {
    return this.number[FORMING.closeTime] !== Infinity
  }

  /** Whether its numbers go back to trades, rather than to a venue's candles. */
  get fromTrades(): boolean {
    return this.child ? this.child.fromTrades : this.origin === 'trades'
  }

  /** Nothing is open any more. */
  clear(): void {
    this.number[FORMING.openTime] = NaN
    this.number[FORMING.closeTime] = Infinity
    this.taint = 0
  }

  /** Opens the candle at `openTime` at one price, without volume. */
  begin(openTime: number, ticks: number): void {
    const { number } = this
    number[FORMING.openTime] = openTime
    number[FORMING.closeTime] = openTime + this.lengthUs
    number[FORMING.open] = number[FORMING.high] = number[FORMING.low] = number[FORMING.close] = ticks
    number[FORMING.lots] = number[FORMING.takerLots] = number[FORMING.quote] = number[FORMING.trades] = 0
    number[FORMING.children] = 0
    number[FORMING.firstTs] = Infinity
    number[FORMING.lastTs] = -Infinity
    this.firstId = this.lastId = ''
    this.taint = 0
  }

  /** Takes a venue's closed candle as it is. */
  take(record: MarketRecord): void {
    const [n, from] = [this.number, record.number]
    this.begin(from[AT.openTime]!, from[AT.open]!)
    n[FORMING.high] = from[AT.high]!
    n[FORMING.low] = from[AT.low]!
    n[FORMING.close] = from[AT.close]!
    n[FORMING.volume] = from[AT.volume]!
    n[FORMING.takerVolume] = from[AT.takerBuyVolume]!
    n[FORMING.lots] = from[AT.volumeLots]!
    n[FORMING.takerLots] = from[AT.takerLots]!
    n[FORMING.quote] = from[AT.quoteVolume]!
    n[FORMING.trades] = from[AT.trades]!
  }

  /**
   * Folds a closed finer candle in: its numbers are those of `child`, still in place. As venues do, the prices of candles
   * without a trade count only where no other has one; `first`: no earlier one had a trade.
   */
  fold(child: FormingCandle, traded: boolean, first: boolean): void {
    const { number } = this
    const from = child.number
    number[FORMING.children]!++
    if (!traded) return
    if (first) number[FORMING.open] = number[FORMING.high] = number[FORMING.low] = from[FORMING.open]!
    number[FORMING.high] = Math.max(number[FORMING.high]!, from[FORMING.high]!)
    number[FORMING.low] = Math.min(number[FORMING.low]!, from[FORMING.low]!)
    number[FORMING.close] = from[FORMING.close]!
    number[FORMING.lots]! += from[FORMING.lots]!
    number[FORMING.takerLots]! += from[FORMING.takerLots]!
    number[FORMING.quote]! += from[FORMING.quote]!
    number[FORMING.trades]! += from[FORMING.trades]!
  }

  snapshot(): Plain {
    return {
      timeframe: this.timeframe, origin: this.origin, child: this.child?.timeframe ?? null, number: this.number.slice(),
      taint: this.taint, ids: [this.firstId, this.lastId], late: this.late, gate: this.gate.snapshot(),
    }
  }

  /** Makes a candle of what `snapshot` gave. @param finer the finer series, already restored */
  static restored(state: Plain, finer: readonly FormingCandle[]): FormingCandle {
    const saved = state as unknown as SavedCandle
    const candle = new FormingCandle(saved.timeframe, saved.origin, finer.find(({ timeframe }) => timeframe === saved.child))
    candle.number.set(saved.number)
    candle.taint = saved.taint
    ;[candle.firstId = '', candle.lastId = ''] = saved.ids
    candle.late = saved.late
    candle.gate.restore(saved.gate)
    return candle
  }
}

interface SavedCandle {
  readonly timeframe: Timeframe
  readonly origin: CandleOrigin
  readonly child: Timeframe | null
  readonly number: Float64Array
  readonly taint: number
  readonly ids: readonly string[]
  readonly late: number
  readonly gate: Plain
}
