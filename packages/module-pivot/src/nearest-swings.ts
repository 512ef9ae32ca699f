import type { FeatureSpec } from '@tapeloom/core'
import type { PivotStructure } from './pivot-structure.ts'

const distance = (description: string): FeatureSpec => ({ rev: 1, unit: 'atr', range: [0, 1e6], description })
const depth = (description: string): FeatureSpec => ({ rev: 1, unit: 'count', range: [1, 8], description })

/** The declared features of support and resistance. */
export const nearestFeatures = {
  supportAtr: distance('How far below the close the nearest of the newest highs and lows of all levels lies, in ATR(14).'),
  supportLevel: depth('The highest level whose newest high or low that is.'),
  resistanceAtr: distance('How far above the close the nearest of the newest highs and lows of all levels lies, in ATR(14).'),
  resistanceLevel: depth('The highest level whose newest high or low that is.'),
} as const
/** The columns of support and resistance in a row, to write into. */
export type NearestRow = { -readonly [K in keyof typeof nearestFeatures]: number }

/** Writes the nearest newest swing at or below the close, and above it; missing where none is. O(levels). */
export function writeNearest(row: NearestRow, { levels, close, atr }: PivotStructure): void {
  let [support, supportLevel] = [NaN, NaN]
  let [resistance, resistanceLevel] = [NaN, NaN]
  for (let at = 0; at < 2 * levels.length; at++) {
    const price = levels[at >> 1]!.swing[2 * (at & 1)]! // the newest high, the newest low
    if (price <= close && !(price < support)) {
      support = price
      supportLevel = (at >> 1) + 1
    } else if (price > close && !(price > resistance)) {
      resistance = price
      resistanceLevel = (at >> 1) + 1
    }
  }
  row.supportAtr = atr > 0 ? Math.min(1e6, (close - support) / atr) : NaN
  row.resistanceAtr = atr > 0 ? Math.min(1e6, (resistance - close) / atr) : NaN
  row.supportLevel = supportLevel
  row.resistanceLevel = resistanceLevel
}
