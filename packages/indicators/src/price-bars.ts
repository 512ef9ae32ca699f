import { MovingCovariance } from './moving-covariance.ts'
import { Sma } from './sma.ts'

/** Length of a bar, µs, and how many bars count: ten minutes. */
export const PRICE_BAR_US = 1e7
const BARS = 60
const BARS_A_DAY = 86_400e6 / PRICE_BAR_US

/** Bars of 10 s: the move of the mid price beside what was traded, as plain data. */
export interface PriceBars {
  /** The mid price at the end of the bar before. */
  before: number
  /** Traded in this bar, signed by the aggressor and all, in quote units. */
  signed: number
  volume: number
  /** `MovingCovariance` of signed volume and move, bps; `Sma` of volume, and of |move| / volume. */
  readonly flow: Float64Array
  readonly volumes: Float64Array
  readonly illiquidity: Float64Array
  /** |signed volume| a tick that the mid price moved in the last bar. */
  absorption: number
}
export const createPriceBars = (): PriceBars => ({
  before: NaN, signed: 0, volume: 0, absorption: NaN,
  flow: new MovingCovariance(BARS).state, volumes: new Sma(BARS).state, illiquidity: new Sma(BARS).state,
})

/** Closes the bar with the mid price that holds at its end; one without a mid price is left out. */
export function closePriceBar(bars: PriceBars, mid: number, tickSize: number): void {
  const { before, signed, volume } = bars
  const moveBps = 1e4 * (mid / before - 1)
  if (moveBps === moveBps) {
    new MovingCovariance(BARS, bars.flow).add(signed, moveBps)
    new Sma(BARS, bars.volumes).add(volume)
    if (volume > 0) new Sma(BARS, bars.illiquidity).add((1e6 * Math.abs(moveBps)) / volume)
  }
  bars.absorption = volume > 0 ? Math.abs(signed) / Math.max(1, Math.abs(mid - before) / tickSize) : NaN
  bars.before = mid
  bars.signed = bars.volume = 0
}

/**
 * Kyle's λ: slope of the move on signed volume with intercept, bps per 1e6 quote units, and the share it explains; NaN
 * until 60 bars are known, or where nothing was traded.
 * @source Kyle (1985), Continuous auctions and insider trading; Hasbrouck (2009)
 */
export function kyleOf({ flow }: PriceBars): { readonly lambda: number; readonly r2: number } {
  const { value, varianceX, varianceY } = new MovingCovariance(BARS, flow)
  return { lambda: (1e6 * value) / (varianceX > 0 ? varianceX : NaN), r2: Math.min(1, (value * value) / (varianceX * varianceY)) }
}

/** Amihud's illiquidity: mean of |move| / volume over 60 bars with trades, bps per 1e6 quote units. */
export const amihudOf = ({ illiquidity }: PriceBars): number => illiquidity[0]!

/** Volume, quote units, and deviation of the mid price, bps, of a day such as the last ten minutes. */
export const dayOfBars = ({ flow, volumes }: PriceBars): { readonly volume: number; readonly sigmaBps: number } => ({
  volume: BARS_A_DAY * volumes[0]!, sigmaBps: Math.sqrt(BARS_A_DAY * new MovingCovariance(BARS, flow).varianceY),
})
