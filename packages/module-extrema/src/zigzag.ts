import { TapeloomError } from '@tapeloom/core'
import { addPrices, createDirectionalChange } from './directional-change.ts'
import type { HindsightLabel } from './hindsight-label.ts'

/** A turning point of a series. */
export interface TurningPoint {
  readonly side: 'high' | 'low'
  readonly bar: number
  readonly price: number
}

/**
 * The turning points of a series: each reversed by `thetaBps` of its price, or by its bar's width in price units where
 * `widths` gives more; where that is NaN nothing is confirmed. Give closes twice, or highs and lows. Neither the extreme
 * since the beginning nor the end of the last leg is a turning point. O(n).
 * @throws TapeloomError `extrema.theta` when theta is not positive
 * @example zigzag([10, 12, 9, 11], [10, 12, 9, 11], 1000).map(({ hindsight }) => hindsight.price) // => [12, 9]
 */
export function zigzag(
  high: ArrayLike<number>, low: ArrayLike<number>, thetaBps: number, widths?: ArrayLike<number>,
): readonly HindsightLabel<TurningPoint>[] {
  if (!(thetaBps > 0)) throw new TapeloomError('extrema.theta', `[extrema] theta is ${thetaBps} bps. Give a number above 0.`)
  const change = createDirectionalChange()
  const found: HindsightLabel<TurningPoint>[] = []
  for (let bar = 0; bar < high.length; bar++) {
    const isFirst = change.direction === 0
    const turn = addPrices(change, high[bar]!, low[bar]!, bar, 1e-4 * thetaBps, widths === undefined ? 0 : widths[bar]!)
    if (turn === 0 || isFirst) continue
    const point: TurningPoint = { side: turn === 1 ? 'low' : 'high', bar: change.lastBar, price: change.lastPrice }
    found.push({ hindsight: point, knownBar: bar })
  }
  return found
}
