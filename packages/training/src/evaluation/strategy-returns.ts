import type { MarketSymbol } from '@tapeloom/core'
import type { Observation } from './observation.ts'

/** What holding given sides earned. */
export interface StrategyReturns {
  /** Times of the periods, µs, rising. */
  readonly times: readonly number[]
  /** Net log return of each period, the mean over symbols. */
  readonly net: Float64Array
  /** The same before fee and spread. */
  readonly gross: Float64Array
  /** Sides traded a period and symbol: 2 for a reversal. */
  readonly turnover: number
}

/** One symbol's observations of one fold that could be filled, in order of time: a strategy answers with as many sides. */
export type Stretch = readonly (Observation & { readonly fill: NonNullable<Observation['fill']> })[]

/** Observations of a fold by symbol, without those after the last price. */
export function stretchesOf(observations: readonly Observation[]): readonly Stretch[] {
  const bySymbol = new Map<MarketSymbol, Observation[]>()
  for (const observation of observations) {
    if (!observation.fill || !(observation.fill.buyPrice > 0)) continue
    const list = bySymbol.get(observation.symbol) ?? []
    bySymbol.set(observation.symbol, list)
    list.push(observation)
  }
  return [...bySymbol.values()].map((list) => list.toSorted((a, b) => a.asOf - b.asOf) as unknown as Stretch)
}

/**
 * Net log returns between one fill and the next, at the middle of what one could buy and sell at: a change of side costs
 * half the spread and the fee for each side traded. Each stretch begins and ends flat.
 */
export function strategyReturns(
  stretches: readonly Stretch[], sides: readonly (readonly number[])[], takerBps: number,
): StrategyReturns {
  const periods = new Map<number, { net: number; gross: number; symbols: number }>()
  let [traded, count] = [0, 0]
  stretches.forEach((stretch, k) => {
    let before = 0
    stretch.forEach((observation, i) => {
      const next = stretch[i + 1]
      const side = next ? (sides[k]?.[i] ?? 0) : 0
      const change = Math.abs(side - before)
      const gross = next ? side * Math.log(middle(next) / middle(observation)) : 0
      const net = gross - change * (takerBps / 1e4 + halfSpread(observation))
      const period = periods.get(observation.asOf) ?? { net: 0, gross: 0, symbols: 0 }
      periods.set(observation.asOf, { net: period.net + net, gross: period.gross + gross, symbols: period.symbols + 1 })
      traded += change
      count++
      before = side
    })
  })
  const times = [...periods.keys()].sort((a, b) => a - b)
  const mean = (of: 'net' | 'gross') => Float64Array.from(times, (time) => periods.get(time)![of] / periods.get(time)!.symbols)
  return { times, net: mean('net'), gross: mean('gross'), turnover: count > 0 ? traded / count : 0 }
}

const middle = ({ fill: { buyPrice, sellPrice } }: Stretch[number]): number => (buyPrice + sellPrice) / 2
const halfSpread = ({ fill: { buyPrice, sellPrice } }: Stretch[number]): number => Math.log(buyPrice / sellPrice) / 2
