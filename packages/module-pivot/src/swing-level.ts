/** Which of equal extremes is the pivot: the first of them, none (`strict`), or the last. */
export type Tie = 'first' | 'strict' | 'last'
/** 0: highs, 1: lows. */
export type Side = 0 | 1

/** One level of one timeframe, as plain data; what has sides holds highs first. */
export interface SwingLevel {
  /** The three newest pivots of each side, in columns: at `3 · side + i`, oldest first; NaN: none yet. */
  readonly bar: Float64Array
  readonly price: Float64Array
  readonly openTime: Float64Array
  readonly volume: Float64Array
  /** Price of the newest announced pivot of each side, at `2 · side`, and of the one before, at `2 · side + 1`. */
  readonly swing: Float64Array
  /** Natural logarithm of the newest announced price of each side. */
  readonly logPrice: Float64Array
  /** 1: a candle has closed beyond the newest announced pivot of this side. */
  readonly broken: Uint8Array
  /** Bar of the newest announced pivot of either side; NaN before the first. */
  newestBar: number
  /** Side of the newest announced pivot; −1 before the first. */
  newestSide: number
  /** Signs of the comparisons of announced pivots with the one before on their side: a ring of ten. */
  readonly signs: Int8Array
  comparisons: number
  /** 1 up, −1 down, 0 neither; NaN until two highs and two lows are known. */
  trend: number
  /** Comparisons of the last ten that agree with the trend, in tenths; NaN with the trend. */
  strength: number
  /** What the newest candle broke: ±1 with the trend (BOS), ±2 against it (CHoCH), 0 nothing; NaN as the trend. */
  break: number
}

/** A level that has seen nothing. */
export const createLevel = (): SwingLevel => ({
  bar: new Float64Array(6).fill(NaN),
  price: new Float64Array(6).fill(NaN),
  openTime: new Float64Array(6).fill(NaN),
  volume: new Float64Array(6).fill(NaN),
  swing: new Float64Array(4).fill(NaN),
  logPrice: new Float64Array(2).fill(NaN),
  broken: new Uint8Array(2),
  newestBar: NaN,
  newestSide: -1,
  signs: new Int8Array(10),
  comparisons: 0,
  trend: NaN,
  strength: NaN,
  break: NaN,
})

// `!` below: side is 0 or 1, so that 3 · side + 2 ≤ 5 and 2 · side + 1 ≤ 3.
/** Adds a pivot of this level; the oldest of its side leaves. */
export function addPivot(
  level: SwingLevel,
  side: Side,
  bar: number,
  price: number,
  openTime: number,
  volume: number,
): void {
  const at = 3 * side
  shift(level.bar, at, bar)
  shift(level.price, at, price)
  shift(level.openTime, at, openTime)
  shift(level.volume, at, volume)
}

function shift(column: Float64Array, at: number, newest: number): void {
  column[at] = column[at + 1]!
  column[at + 1] = column[at + 2]!
  column[at + 2] = newest
}

/** Whether the newest pivot of a side proves the one before it to be a pivot of the next level. */
export function provesMiddle({ price }: SwingLevel, side: Side, tie: Tie): boolean {
  const [left, middle, right] = [price[3 * side]!, price[3 * side + 1]!, price[3 * side + 2]!]
  return exceeds(middle, left, side, tie === 'last') && exceeds(middle, right, side, tie === 'first')
}

/** Whether a price is beyond another on its side; `equal` lets a tie pass. NaN never passes. */
export function exceeds(price: number, other: number, side: Side, equal: boolean): boolean {
  if (price === other) return equal
  return side === 0 ? price > other : price < other
}

/**
 * Announces a pivot: trend and strength follow. With `alternate`, one that repeats the side takes the place of the last.
 */
export function announce(level: SwingLevel, side: Side, bar: number, price: number, alternate: boolean): void {
  const at = 2 * side
  const replaces = alternate && level.newestSide === side
  const earlier = level.swing[replaces ? at + 1 : at]!
  if (!Number.isNaN(earlier)) {
    if (!replaces) level.comparisons++
    level.signs[(level.comparisons - 1) % 10] = Math.sign(price - earlier)
  }
  level.swing[at + 1] = earlier
  level.swing[at] = price
  level.logPrice[side] = Math.log(price)
  level.broken[side] = 0
  level.newestBar = bar
  level.newestSide = side
  level.trend = trendOf(level.swing)
  level.strength = strengthOf(level)
}

function trendOf(swing: Float64Array): number {
  const [high, low] = [Math.sign(swing[0]! - swing[1]!), Math.sign(swing[2]! - swing[3]!)]
  if (Number.isNaN(high) || Number.isNaN(low)) return NaN
  return high === low ? high : 0
}

function strengthOf({ signs, comparisons, trend }: SwingLevel): number {
  if (Number.isNaN(trend) || trend === 0) return trend
  let agreeing = 0
  for (let i = 0; i < Math.min(10, comparisons); i++) if (signs[i] === trend) agreeing++
  return agreeing / 10
}

/** Looks whether a close is beyond the newest announced high or low; each of them breaks once. */
export function observeClose(level: SwingLevel, close: number): void {
  const direction = breaks(level, close, 0) ? 1 : breaks(level, close, 1) ? -1 : 0
  if (Number.isNaN(level.trend)) level.break = NaN
  else if (direction === 0 || level.trend === 0) level.break = 0
  else level.break = direction === level.trend ? direction : 2 * direction
}

function breaks(level: SwingLevel, close: number, side: Side): boolean {
  if (level.broken[side] === 1 || !exceeds(close, level.swing[2 * side]!, side, false)) return false
  level.broken[side] = 1
  return true
}
