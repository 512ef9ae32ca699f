import { fromGrid, type Instrument } from '@tapeloom/core'
import type { PaperBroker } from './paper-broker.ts'

/** The ten numbers of the position, in the order of the position block. */
export const positionFeatures = {
  side: { rev: 1, unit: 'score', range: [-1, 1], description: '−1 short, 0 flat, 1 long.' },
  sizeFrac: { rev: 1, unit: 'ratio', range: [0, 1], description: 'Value of the position over the equity, 1 at most; missing while flat.' },
  unrealisedAtr: { rev: 1, unit: 'atr', range: [-1e6, 1e6], description: 'Move in favour since the mean entry; missing while flat.', source: 'Wilder (1978): ATR(14)' },
  holding: { rev: 1, unit: 'count', range: [0, 1e9], description: 'Time since the position was opened, in horizons; missing while flat.' },
  sinceTrade: { rev: 1, unit: 'count', range: [0, 1e9], description: 'Time since the last trade was closed, in horizons; missing before it.' },
  stopAtr: { rev: 1, unit: 'atr', range: [-1e6, 1e6], description: 'Distance to the stop, < 0 beyond it; missing while flat or without a stop.' },
  mfeAtr: { rev: 1, unit: 'atr', range: [0, 1e6], description: 'Largest move in favour since the mean entry; missing while flat.', source: 'Sweeney (1996), Maximum adverse excursion' },
  maeAtr: { rev: 1, unit: 'atr', range: [-1e6, 0], description: 'Largest move against (< 0) since the mean entry; missing while flat.', source: 'Sweeney (1996), Maximum adverse excursion' },
  drawdown: { rev: 1, unit: 'ratio', range: [0, 1], description: 'Share of the highest equity that is lost; missing before the first position.' },
  losingStreak: { rev: 1, unit: 'count', range: [0, 1e9], description: 'Losing trades in a row; missing before the first trade.' },
} as const

/** Names of the columns, in the order of the position block. */
export const positionColumns = Object.keys(positionFeatures) as (keyof typeof positionFeatures)[]

/** Writes them as they are at `now`. What is of the open position is missing while flat. */
export function writePosition(features: Record<keyof typeof positionFeatures, number>, broker: PaperBroker, { tick }: Instrument, horizonUs: number, now: number): void {
  const { lots, entryTicks, markTicks, stopTicks, bestTicks, worstTicks, closedAt, atr, trade, trades, peak, losses } = broker.state
  const side = Math.sign(lots)
  const held = side === 0 ? NaN : side / ((atr[0] as number) / fromGrid(tick, 1))
  features.side = side
  features.sizeFrac = side === 0 ? NaN : Math.min(1, Math.max(0, broker.exposure))
  features.unrealisedAtr = finite(held * (markTicks - entryTicks))
  features.holding = side === 0 ? NaN : (now - trade.openedAt) / horizonUs
  features.sinceTrade = (now - closedAt) / horizonUs
  features.stopAtr = finite(held * (markTicks - stopTicks))
  const [most, least] = [finite(held * (bestTicks - entryTicks)), finite(held * (worstTicks - entryTicks))]
  features.mfeAtr = most < 0 ? 0 : most
  features.maeAtr = least > 0 ? 0 : least
  features.drawdown = side === 0 && trades === 0 ? NaN : Math.min(1, Math.max(0, 1 - broker.equity / peak))
  features.losingStreak = trades === 0 ? NaN : losses
}

/** An ATR of 0 has no multiples. */
const finite = (value: number): number => (Math.abs(value) < 1e6 ? value : NaN)
