/**
 * Where the close lies in the candle, from −1 (at the low) to 1 (at the high); 0 for a candle without a range, as
 * published. NaN when a price is.
 */
export const moneyFlowMultiplier = (high: number, low: number, close: number): number =>
  high === low && close === close ? 0 : (close - low - (high - close)) / (high - low)
