import { exceeds, type Side, type Tie } from '@tapeloom/indicators'

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
  /** The newest announced pivot against the one before on its side: 2 HH, 1 HL, −1 LH, −2 LL, 0 equal; NaN without one. */
  label: number
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
  newestBar: NaN, newestSide: -1,
  signs: new Int8Array(10),
  comparisons: 0, trend: NaN, strength: NaN, label: NaN, break: NaN,
})

// `!` below: side is 0 or 1, so that 3 · side + 2 ≤ 5 and 2 · side + 1 ≤ 3.
/** Adds a pivot of this level; the oldest of its side leaves. */
export function addPivot(level: SwingLevel, side: Side, bar: number, price: number, openTime: number, volume: number): void {
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
  const middle = price[3 * side + 1]!
  return exceeds(middle, price[3 * side]!, side, tie === 'last') && exceeds(middle, price[3 * side + 2]!, side, tie === 'first')
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
  level.label = labelOf(Math.sign(price - earlier), side)
  level.trend = trendOf(level.swing)
  level.strength = strengthOf(level)
}

/** Away from the other side counts two, towards it one: higher high 2, higher low 1, lower high −1, lower low −2. */
const labelOf = (sign: number, side: Side): number => (side === 0 ? sign > 0 : sign < 0) ? 2 * sign : sign

function trendOf(swing: Float64Array): number {
  const high = Math.sign(swing[0]! - swing[1]!)
  const low = Math.sign(swing[2]! - swing[3]!)
  if (high !== high || low !== low) return NaN
  return high === low ? high : 0
}

function strengthOf({ signs, comparisons, trend }: SwingLevel): number {
  if (trend !== trend || trend === 0) return trend
  const known = Math.min(10, comparisons)
  let agreeing = 0
  for (let i = 0; i < known; i++) if (signs[i] === trend) agreeing++
  return agreeing / 10
}

/** Looks whether a close is beyond the newest announced high or low; each of them breaks once. */
export function observeClose(level: SwingLevel, close: number): void {
  const { swing, broken, trend } = level
  let direction = 0
  if (close > swing[0]! && broken[0] === 0) direction = broken[0] = 1
  else if (close < swing[2]! && broken[1] === 0) direction = -(broken[1] = 1)
  if (trend !== trend) level.break = NaN // missing
  else level.break = direction === 0 || trend === 0 ? 0 : direction === trend ? direction : 2 * direction
}
