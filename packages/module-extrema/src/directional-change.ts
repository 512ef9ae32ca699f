/** A running directional change over one series, as plain data; bars count from 0, NaN: none yet. */
export interface DirectionalChange {
  bars: number
  /** 1: up, since a low was confirmed; −1: down, since a high was; 0: no price has reversed yet. */
  direction: number
  /** Highest price since the last turn down began, lowest since the last turn up began; their bars and times (µs). */
  high: number
  highBar: number
  highTime: number
  low: number
  lowBar: number
  lowTime: number
  /** The extreme confirmed last. */
  lastPrice: number
  lastBar: number
  lastTime: number
  /** Price and width of its reversal when it was confirmed. */
  turnPrice: number
  turnWidth: number
}

/** A directional change that has seen nothing. */
export const createDirectionalChange = (): DirectionalChange => ({
  bars: 0, direction: 0, high: NaN, highBar: NaN, highTime: NaN, low: NaN, lowBar: NaN, lowTime: NaN,
  lastPrice: NaN, lastBar: NaN, lastTime: NaN, turnPrice: NaN, turnWidth: NaN,
})

/**
 * Takes the prices of the next bar (twice the close, or high and low) and returns 1 when it confirms a low, −1 a high, else
 * 0: it lies a reversal beyond the running extreme. A reversal is `share` of the extreme, or `width` in price units where that
 * is more; a NaN among them, and one of nothing, confirm nothing, and a NaN price passes. Before the first confirmation both
 * extremes run, and the side that reverses first sets the direction: its extreme is that since the beginning. O(1).
 * @source Guillaume et al. (1997), From the bird's eye to the microscope; Glattfelder, Dupuis & Olsen (2011)
 */
export function addPrices(
  change: DirectionalChange, high: number, low: number, time: number, share: number, width: number,
): -1 | 0 | 1 {
  const bar = change.bars++
  if (high !== high || low !== low) return 0
  const { direction } = change
  if (direction >= 0 && !(high <= change.high)) setHigh(change, high, bar, time)
  if (direction <= 0 && !(low >= change.low)) setLow(change, low, bar, time)
  const rise = Math.max(share * change.low, width)
  if (direction <= 0 && change.lowBar < bar && rise > 0 && high >= change.low + rise) {
    confirm(change, 1, change.low, change.lowBar, change.lowTime, high, rise)
    setHigh(change, high, bar, time)
    return 1
  }
  const fall = Math.max(share * change.high, width)
  if (direction >= 0 && change.highBar < bar && fall > 0 && low <= change.high - fall) {
    confirm(change, -1, change.high, change.highBar, change.highTime, low, fall)
    setLow(change, low, bar, time)
    return -1
  }
  return 0
}

function setHigh(change: DirectionalChange, price: number, bar: number, time: number): void {
  change.high = price
  change.highBar = bar
  change.highTime = time
}
function setLow(change: DirectionalChange, price: number, bar: number, time: number): void {
  change.low = price
  change.lowBar = bar
  change.lowTime = time
}

function confirm(
  change: DirectionalChange, direction: 1 | -1, price: number, bar: number, time: number, turn: number, width: number,
): void {
  change.direction = direction
  change.lastPrice = price
  change.lastBar = bar
  change.lastTime = time
  change.turnPrice = turn
  change.turnWidth = width
}
