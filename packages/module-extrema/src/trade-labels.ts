import { TapeloomError } from '@tapeloom/core'
import { Atr } from '@tapeloom/indicators'
import type { HindsightLabel } from './hindsight-label.ts'
import { zigzag } from './zigzag.ts'

/** The columns of a candle series, oldest first. */
export interface CandleColumns {
  readonly high: ArrayLike<number>
  readonly low: ArrayLike<number>
  readonly close: ArrayLike<number>
}

/** What a trade must be worth to be a label. */
export interface TradeLabelSpec {
  /** Fee and half of the spread that each of the two trades pays, bps. */
  readonly feeBps: number
  readonly spreadBps: number
  /** Least move of a leg, bps; raised to twice fee and spread. */
  readonly thetaBps?: number
  /** Least move in ATR(14) of the bar, where that is more; 3 when absent. */
  readonly atrs?: number
}

/** The best trade of one leg: in at its first turning point, out at its last. */
export interface TradeLabel {
  readonly side: 'buy' | 'sell'
  readonly entryBar: number
  readonly exitBar: number
  readonly entryPrice: number
  readonly exitPrice: number
  /** 10⁴ · ln of the move in its favour, less fee and spread of both trades. */
  readonly netBps: number
  /** Farthest that highs and lows went for and against it after the entry, bps; not below 0. */
  readonly mfeBps: number
  readonly maeBps: number
}

/**
 * Entries and exits that hindsight would choose: one label a leg between two turning points of the closes, reversed by at
 * least max(thetaBps, 2(fee + spread), atrs · ATR). A leg after the last confirmed turn is none. O(n).
 * @throws TapeloomError `extrema.cost` when fee or spread is negative or both are 0 without a theta
 */
export function tradeLabels(
  { high, low, close }: CandleColumns, { feeBps, spreadBps, thetaBps = 0, atrs = 3 }: TradeLabelSpec,
): readonly HindsightLabel<TradeLabel>[] {
  const costBps = 2 * (feeBps + spreadBps)
  const leastBps = Math.max(thetaBps, costBps)
  if (!(feeBps >= 0 && spreadBps >= 0 && leastBps > 0)) {
    throw new TapeloomError('extrema.cost', `[extrema] fee ${feeBps}, spread ${spreadBps} and theta ${thetaBps} bps make no least move. Give costs, or a theta above 0.`)
  }
  const atr = new Atr(14)
  const widths = Float64Array.from({ length: close.length }, (_, i) => atrs * atr.add(high[i]!, low[i]!, close[i]!))
  const turns = zigzag(close, close, leastBps, widths)
  return turns.slice(1).map(({ hindsight: end, knownBar }, i) => {
    const { bar: entryBar, price: entryPrice } = turns[i]!.hindsight // the turn before
    const sign = end.side === 'high' ? 1 : -1
    let [best, worst] = [0, 0]
    for (let bar = entryBar + 1; bar <= end.bar; bar++) {
      const [for_, against] = sign === 1 ? [high[bar]!, low[bar]!] : [low[bar]!, high[bar]!]
      best = Math.max(best, sign * Math.log(for_ / entryPrice))
      worst = Math.max(worst, -sign * Math.log(against / entryPrice))
    }
    const netBps = 1e4 * sign * Math.log(end.price / entryPrice) - costBps
    const hindsight: TradeLabel = {
      side: sign === 1 ? 'buy' : 'sell', entryBar, exitBar: end.bar, entryPrice, exitPrice: end.price, netBps,
      mfeBps: 1e4 * best, maeBps: 1e4 * worst,
    }
    return { hindsight, knownBar }
  })
}
