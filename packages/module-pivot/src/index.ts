import { defineModule, fromPackage, option, type Candle, type Pivot, type Timeframe } from '@tapeloom/core'
import pkg from '@tapeloom/module-pivot/package.json' with { type: 'json' }
import { levelFeatures, writeColumns } from './level-columns.ts'
import { addCandle, check, createStructure } from './pivot-structure.ts'
import type { Side, SwingLevel } from './swing-level.ts'

export { batch, type BatchPivot } from './batch.ts'
export type { PivotRules } from './pivot-structure.ts'
export type { Side, Tie } from './swing-level.ts'

/** Candles between two checks against the batch oracle. */
const CHECK_EVERY = 1000

/**
 * Nested swing highs and lows (Williams pivots), each announced by `pivot:confirm` when it is proved and not before; with
 * trend, its strength, distances and breaks of structure per level. Columns follow the first of `timeframes`.
 * @source Williams (1995), Trading Chaos
 */
export const pivot = defineModule({
  name: 'pivot',
  ...fromPackage(pkg),
  description: 'Nested swing highs and lows, each with the time it was known.',
  options: {
    span: option.integer({ default: 2, min: 1, max: 100, description: 'Candles on each side of a level 1 pivot.' }),
    levels: option.integer({ default: 5, min: 1, max: 8, description: 'How many levels are nested.' }),
    tie: option.oneOf(['first', 'strict', 'last'], { default: 'first', description: 'Which of equal extremes counts.' }),
    alternate: option.boolean({ default: false, description: 'Drops a repeated side that is not beyond the last.' }),
    minAmplitude: option.number({ default: 0, min: 0, description: 'Least distance to the last opposite, in ATR(14).' }),
    breakOnGap: option.boolean({ default: false, description: 'Lets no level 1 pivot span absent candles.' }),
    timeframes: option.list(option.timeframe({ default: '1m' }), { default: ['1m'], description: 'Watched series.' }),
  },
  features: levelFeatures,
  candles: ({ timeframes }) => timeframes,
  warmup: ({ timeframes, levels, span }) =>
    Object.fromEntries(timeframes.map((timeframe) => [timeframe, (10 * span) << (2 * levels)])), // 10 · span · 4^levels
  state: ({ timeframes, levels }) => timeframes.map(() => createStructure(levels)),
  stateVersion: 1,
  on: {
    'candle:close'(candle, { state, options, features, emit }) {
      const index = options.timeframes.indexOf(candle.timeframe)
      const structure = state[index]
      if (structure === undefined) return
      const isNew = addCandle(structure, candle, options, (level, depth, side) => {
        emit('pivot:confirm', describe(level, depth, side, candle, structure.window.bars - 1))
      })
      if (!isNew) return
      const { bars } = structure.window
      if (index === 0) writeColumns(features, structure.levels, candle.close, bars - 1)
      if (bars % CHECK_EVERY === 0) check(structure, options)
    },
  },
})

function describe(
  { price, openTime, volume, bar, strength }: SwingLevel,
  level: number,
  side: Side,
  { symbol, timeframe, closeTime }: Candle & { readonly symbol: string; readonly timeframe: Timeframe },
  confirmingBar: number,
): Pivot {
  const at = 3 * side + 2 // the newest of its side
  const pivotTime = openTime[at]!
  return {
    id: `${symbol}|${timeframe}|L${level}${side === 0 ? 'H' : 'L'}|${pivotTime}`,
    timeframe,
    level,
    side: side === 0 ? 'high' : 'low',
    price: price[at]!,
    pivotTime,
    confirmedAt: closeTime,
    lagBars: confirmingBar - bar[at]!,
    strength: Number.isNaN(strength) ? 0 : strength,
    volume: volume[at]!,
  }
}
