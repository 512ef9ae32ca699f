import { fromGrid, type Candle, type CandleValues, type Grid } from '@tapeloom/core'
import { DOUBT_BITS, taintBits, taintReasons } from '../series/taint-flags.ts'

const EMPTY = taintBits(['empty'])

/** The numbers of a coarser candle. */
export type Folded = Omit<CandleValues, 'openTime'> & Pick<Candle, 'quoteVolume' | 'trades' | 'takerBuyVolume' | 'taint'>

/**
 * Folds closed finer candles, oldest first, into one; volumes in whole lots. Used where a version is made anew.
 * Prices of candles without a trade count only where no other has one; doubts count always.
 */
export function refold(finer: readonly Candle[], lot: Grid): Folded {
  const traded = finer.filter(({ taint }) => !taint.includes('empty'))
  const children = traded.length > 0 ? traded : finer
  const [first, last] = [children[0]!, children.at(-1)!] // a coarser candle has children
  const doubts = finer.reduce((bits, { taint }) => bits | taintBits(taint), 0) & DOUBT_BITS
  const lots = (value: number) => Math.round((value * lot.scale) / lot.k)
  const sum = (of: (candle: Candle) => number) => children.reduce((total, candle) => total + of(candle), 0)
  return {
    open: first.open,
    high: Math.max(...children.map(({ high }) => high)),
    low: Math.min(...children.map(({ low }) => low)),
    close: last.close,
    volume: fromGrid(lot, sum(({ volume }) => lots(volume))),
    quoteVolume: sum(({ quoteVolume }) => quoteVolume),
    trades: sum(({ trades }) => trades),
    takerBuyVolume: fromGrid(lot, sum(({ takerBuyVolume }) => lots(takerBuyVolume))),
    taint: taintReasons(doubts | (traded.length > 0 ? 0 : EMPTY)),
  }
}
