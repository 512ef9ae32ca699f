import type { Decision, MarketSymbol } from '@tapeloom/core'
import type { HeardTimeframe } from './timeframe-columns.ts'

/**
 * A rule for `onDecision(…, { stage: 'veto' })`: no entry against a strong trend of the higher timeframe. It answers
 * `htf` where a long is to be opened at trend < −limit, or a short at trend > limit; exits and a missing trend pass.
 * `valuesOf` are the columns of a symbol: `(symbol) => orchestrator.getFeatures(symbol).values`.
 */
export function htfVeto(
  valuesOf: (symbol: MarketSymbol) => object,
  given: { readonly timeframe?: HeardTimeframe; readonly limit?: number; readonly id?: string } = {},
): (decision: Decision) => 'htf' | undefined {
  const { timeframe = '4h', limit = 0.5, id = 'multi-timeframe' } = given
  return ({ symbol, reason }) => {
    const side = reason === 'open-long' ? 1 : reason === 'open-short' ? -1 : 0
    const trend = (valuesOf(symbol) as Readonly<Record<string, number | null | undefined>>)[`${id}.trend${timeframe}`]
    return side * (trend ?? NaN) < -limit ? 'htf' : undefined
  }
}
