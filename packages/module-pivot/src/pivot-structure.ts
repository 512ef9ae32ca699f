import { TapeloomError, type CandleValues } from '@tapeloom/core'
import { exceeds, nestedPivots, type NestedPivot, type Side, type Tie } from '@tapeloom/indicators'
import { createWindow, newest, pushCandle, slotOf, WINDOW, type CandleWindow } from './candle-window.ts'
import { addPivot, announce, createLevel, observeClose, provesMiddle, type SwingLevel } from './swing-level.ts'

/** How pivots are found: the module's options of the same names. */
export interface PivotRules {
  readonly span: number
  readonly levels: number
  readonly tie: Tie
  readonly alternate: boolean
  readonly minAmplitude: number
  readonly breakOnGap: boolean
}

/** The nested pivots of one candle series, as plain data. */
export interface PivotStructure {
  readonly window: CandleWindow
  readonly levels: readonly SwingLevel[]
  closeTime: number
  close: number
  /** Average true range of up to 14 candles (Wilder's smoothing afterwards), in price units. */
  atr: number
}

/** Told of each announced pivot; its details are the newest of `side` in the level's columns. */
export type Announcement = (level: SwingLevel, depth: number, side: Side) => void

/** A structure that has seen nothing. */
export const createStructure = (levels: number): PivotStructure => ({
  window: createWindow(),
  levels: Array.from({ length: levels }, createLevel),
  closeTime: NaN,
  close: NaN,
  atr: NaN,
})

/**
 * Takes the next closed candle and tells the pivots that it confirms: the lowest level (depth 1) first, a high before a
 * low. O(levels). Returns false, and does nothing, when the candle is not newer than the last.
 */
export function addCandle(
  structure: PivotStructure,
  candle: CandleValues & { readonly closeTime: number },
  rules: PivotRules,
  told: Announcement,
): boolean {
  if (candle.openTime < structure.closeTime) return false
  const { window, levels } = structure
  if (rules.breakOnGap && candle.openTime > structure.closeTime) window.run = 0
  pushCandle(window, candle)
  measure(structure, candle)
  for (let i = 0; i < levels.length; i++) observeClose(levels[i]!, candle.close)
  if (window.run <= 2 * rules.span) return true
  let high = enter(structure, 0, rules)
  let low = enter(structure, 1, rules)
  for (let depth = 1; high || low; depth++) {
    high = high && settle(structure, depth, 0, rules, told)
    low = low && settle(structure, depth, 1, rules, told)
  }
  return true
}

function measure(
  structure: PivotStructure,
  { high, low, close, closeTime }: CandleValues & { readonly closeTime: number },
) {
  const before = structure.close
  const range = Number.isNaN(before) ? high - low : Math.max(high, before) - Math.min(low, before)
  const bars = Math.min(14, structure.window.bars)
  structure.atr = bars === 1 ? range : structure.atr + (range - structure.atr) / bars
  structure.close = close
  structure.closeTime = closeTime
}

/** Adds the candle `span` bars ago to level 1 when it is a pivot of this side: Williams (1995), Trading Chaos. */
function enter({ window, levels }: PivotStructure, side: Side, { span, tie }: PivotRules): boolean {
  const column = side === 0 ? window.high : window.low
  const bar = window.bars - 1 - span
  const price = column[slotOf(bar)]!
  for (let i = 1; i <= span; i++) {
    if (!exceeds(price, column[slotOf(bar + i)]!, side, tie === 'first')) return false
    if (!exceeds(price, column[slotOf(bar - i)]!, side, tie === 'last')) return false
  }
  addPivot(levels[0]!, side, bar, price, window.openTime[slotOf(bar)]!, window.volume[slotOf(bar)]!) // levels ≥ 1
  return true
}

/** Announces the newest pivot of a level; says whether it proved one of the next level, which then is added there. */
function settle(structure: PivotStructure, depth: number, side: Side, rules: PivotRules, told: Announcement): boolean {
  const level = structure.levels[depth - 1]!
  const at = 3 * side + 1
  if (isKept(level, side, structure.atr, rules)) {
    announce(level, side, level.bar[at + 1]!, level.price[at + 1]!, rules.alternate)
    told(level, depth, side)
  }
  const next = structure.levels[depth]
  if (next === undefined || !provesMiddle(level, side, rules.tie)) return false
  addPivot(next, side, level.bar[at]!, level.price[at]!, level.openTime[at]!, level.volume[at]!)
  return true
}

/** Whether the options let a pivot be announced; nesting does not depend on it. */
function isKept({ price, swing, newestSide }: SwingLevel, side: Side, atr: number, { minAmplitude, alternate }: PivotRules): boolean {
  const newestPrice = price[3 * side + 2]!
  if (minAmplitude > 0 && Math.abs(newestPrice - swing[2 - 2 * side]!) < minAmplitude * atr) return false
  return !alternate || newestSide !== side || exceeds(newestPrice, swing[2 * side]!, side, false)
}

/**
 * Compares the newest pivots with those that the batch oracle finds in the window.
 * @throws TapeloomError `pivot.check` when they differ
 */
export function check({ window, levels }: PivotStructure, rules: PivotRules): void {
  const count = Math.min(WINDOW, window.run)
  const found = nestedPivots(newest(window, window.high, count), newest(window, window.low, count), rules)
  const last: (NestedPivot | undefined)[] = [] // a level and side
  for (const pivot of found) last[2 * pivot.depth - 2 + pivot.side] = pivot
  for (const pivot of last) if (pivot) compare(levels[pivot.depth - 1]!, pivot, window.bars - count)
}

function compare(
  { bar, price }: SwingLevel,
  { side, depth, bar: foundBar, price: foundPrice }: NestedPivot,
  firstBar: number,
) {
  const [knownBar, knownPrice] = [bar[3 * side + 2]!, price[3 * side + 2]!]
  if (knownBar === firstBar + foundBar && knownPrice === foundPrice) return
  throw new TapeloomError(
    'pivot.check',
    `[module pivot] the newest level ${depth} ${side === 0 ? 'high' : 'low'} is candle ${knownBar} at ${knownPrice}; ` +
      `the batch finds candle ${firstBar + foundBar} at ${foundPrice}. Report it with the recording that led to it.`,
  )
}
