import { defineModule, fromPackage, option, type Candle, type Pivot, type Timeframe } from '@tapeloom/core'
import { classicKinds, type Side } from '@tapeloom/indicators'
import pkg from '@tapeloom/module-pivot/package.json' with { type: 'json' }
import { classicFeatures, classicWarmup, createPoints, writeClassic } from './classic-columns.ts'
import { levelFeatures, writeLevels } from './level-columns.ts'
import { nearestFeatures, writeNearest } from './nearest-swings.ts'
import { addCandle, check, createStructure } from './pivot-structure.ts'
import type { SwingLevel } from './swing-level.ts'

export type { NestedPivot, Side, Tie } from '@tapeloom/indicators'
export { batch } from './batch.ts'
export type { PivotRules } from './pivot-structure.ts'

/** Candles between two checks against the batch oracle. */
const CHECK_EVERY = 1000

/**
 * Nested swing highs and lows (Williams pivots), each announced by `pivot:confirm` when it is proved and not before; with
 * trend, label, breaks of structure and distances per level, the nearest support and resistance, and classic pivot points
 * of the period before. Columns follow the first of `timeframes`.
 * @source Williams (1995), Trading Chaos
 */
export const pivot = defineModule({
  name: 'pivot',
  ...fromPackage(pkg),
  description: 'Nested swing highs and lows, each with the time it was known, and classic pivot points.',
  options: {
    span: option.integer({ default: 2, min: 1, max: 100, description: 'Candles on each side of a level 1 pivot.' }),
    levels: option.integer({ default: 5, min: 1, max: 8, description: 'How many levels are nested.' }),
    tie: option.oneOf(['first', 'strict', 'last'], { default: 'first', description: 'Which of equal extremes counts.' }),
    alternate: option.boolean({ default: false, description: 'Drops a repeated side that is not beyond the last.' }),
    minAmplitude: option.number({ default: 0, min: 0, description: 'Least distance to the last opposite, in ATR(14).' }),
    breakOnGap: option.boolean({ default: false, description: 'Lets no level 1 pivot span absent candles.' }),
    timeframes: option.list(option.timeframe({ default: '1m' }), { default: ['1m'], description: 'Watched series.' }),
    classic: option.list(option.oneOf(classicKinds, { default: 'floor' }), { default: ['floor'], description: 'Kinds of classic points.' }),
    period: option.oneOf(['day', 'week', 'month', 'candles'], { default: 'day', description: 'Whose period before they are of, UTC.' }),
    periodCandles: option.integer({ default: 1440, min: 1, max: 100_000, description: 'Candles of the period `candles`.' }),
  },
  features: { ...levelFeatures, ...nearestFeatures, ...classicFeatures },
  candles: ({ timeframes }) => timeframes,
  warmup: ({ timeframes, levels, span, ...rules }) =>
    Object.fromEntries(timeframes.map((timeframe, i) => {
      const nested = (10 * span) << (2 * levels) // 10 · span · 4^levels
      return [timeframe, i === 0 ? Math.max(nested, classicWarmup(rules, timeframe)) : nested]
    })),
  state: ({ timeframes, levels, ...rules }, _instrument, previous?) => ({
    series: timeframes.map(() => createStructure(levels)),
    // Carried over from before a restart: what was announced then is not announced again, whatever a backfill changed.
    told: timeframes.map((_, i) => (previous as { readonly told: readonly Float64Array[] } | undefined)?.told[i]?.slice() ?? new Float64Array(2 * levels).fill(-Infinity)),
    points: createPoints(rules),
  }),
  stateVersion: 2,
  on: {
    'candle:close'(candle, { state, options, features, emit }) {
      const index = options.timeframes.indexOf(candle.timeframe)
      const structure = state.series[index]
      const told = state.told[index]
      if (structure === undefined || told === undefined) return
      const isNew = addCandle(structure, candle, options, (level, depth, side) => {
        const at = 2 * depth - 2 + side
        const pivotTime = level.openTime[3 * side + 2]!
        if (pivotTime <= told[at]!) return // pivots of a level and side come in the order of their times
        told[at] = pivotTime
        emit('pivot:confirm', describe(level, depth, side, candle, structure.window.bars - 1))
      })
      if (!isNew) return
      const { bars } = structure.window
      if (index === 0) {
        const logClose = Math.log(candle.close)
        writeLevels(features, structure.levels, logClose, bars - 1)
        writeNearest(features, structure)
        writeClassic(features, state.points, candle, logClose, options)
      }
      if (bars % CHECK_EVERY === 0) check(structure, options)
    },
  },
})

function describe(
  { price, openTime, volume, bar, strength }: SwingLevel, level: number, side: Side,
  { symbol, timeframe, closeTime }: Candle & { readonly symbol: string; readonly timeframe: Timeframe }, confirmingBar: number,
): Pivot {
  const at = 3 * side + 2 // the newest of its side
  const pivotTime = openTime[at]!
  const lagBars = confirmingBar - bar[at]!
  return {
    id: `${symbol}|${timeframe}|L${level}${side === 0 ? 'H' : 'L'}|${pivotTime}`,
    timeframe, level, side: side === 0 ? 'high' : 'low', price: price[at]!, pivotTime, confirmedAt: closeTime, lagBars,
    strength: Number.isNaN(strength) ? 0 : strength, volume: volume[at]!,
  }
}
