import { instrument, type Candle, type TaintReason } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { candleAt } from '../series/data-floor.fixture.ts'
import { refold } from './refold.ts'

const { lot } = instrument('BTC/USDT', { venue: 'x', tickSize: '0.01', lotSize: '0.001' })
const minute = (i: number, taint: readonly TaintReason[], more: Partial<Candle> = {}) =>
  candleAt(i, 1, { open: 10 + i, high: 12 + i, low: 9 + i, close: 11 + i, volume: 0.1, quoteVolume: 1, trades: 2, takerBuyVolume: 0.05, taint, ...more })

test('prices come from candles with trades, sums are exact in lots', () => {
  const folded = refold([minute(0, ['empty'], { volume: 0, trades: 0, quoteVolume: 0, takerBuyVolume: 0 }), minute(1, []), minute(2, []), minute(3, [])], lot)
  expect(folded).toEqual({ open: 11, high: 15, low: 10, close: 14, volume: 0.3, quoteVolume: 3, trades: 6, takerBuyVolume: 0.15, taint: [] })
})

test('a doubt of a candle without trades is one of the whole; emptiness only where all are empty', () => {
  expect(refold([minute(0, ['empty', 'gap']), minute(1, ['outlier']), minute(2, ['late'])], lot).taint).toEqual(['gap', 'late', 'outlier'])
  expect(refold([minute(0, ['empty', 'gap']), minute(1, ['empty'])], lot)).toMatchObject({ open: 10, close: 12, taint: ['gap', 'empty'] })
})
