import { CLASS, type Candle, type Outcome, type PivotOutcome } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { labels } from './labels.ts'

const outcome = (entryClose: number, open: number, close: number): Outcome =>
  ({ entry: { close: entryClose } as Candle, target: { open, close } as Candle, path: [] }) as unknown as Outcome

test('horizon labels the return from the known close to the target close', () => {
  const label = labels.horizon({ thresholdBps: 8 })
  expect(label(outcome(100, 90, 100.09))).toEqual({ direction: CLASS.buy })
  expect(label(outcome(100, 90, 100.07))).toEqual({ direction: CLASS.hold })
  expect(label(outcome(100, 90, 99.9))).toEqual({ direction: CLASS.sell })
})

test('nextCandle labels the target candle alone', () => {
  const label = labels.nextCandle({ thresholdBps: 0 })
  expect(label(outcome(200, 100, 101))).toEqual({ direction: CLASS.buy })
  expect(label(outcome(50, 100, 99))).toEqual({ direction: CLASS.sell })
  expect(label(outcome(50, 100, 100))).toEqual({ direction: CLASS.hold })
})

test('there is no label without prices', () => {
  expect(labels.horizon({ thresholdBps: 1 })(outcome(NaN, 1, 1))).toBeUndefined()
  expect(labels.nextCandle({ thresholdBps: 1 })(outcome(1, 0, 1))).toBeUndefined()
})

test.each([-1, NaN, Infinity])('a threshold of %d is refused', (thresholdBps) => {
  expect(() => labels.horizon({ thresholdBps })).toThrow(/thresholdBps/)
  expect(() => labels.nextCandle({ thresholdBps })).toThrow(/thresholdBps/)
})

const turn = (side: 'low' | 'high', price: number, phase: 'tradable' | 'anticipation' = 'tradable', level = 2) =>
  ({ pivot: { side, price, level }, phase, entry: { close: 100 }, prediction: {} }) as unknown as PivotOutcome

test('pivotTurn labels a low as buy and a high as sell', () => {
  const label = labels.pivotTurn()
  expect(label(turn('low', 99))).toEqual({ direction: CLASS.buy })
  expect(label(turn('high', 101, 'anticipation'))).toEqual({ direction: CLASS.sell })
  expect(label(turn('high', NaN))).toBeUndefined()
})
test('pivotTurn gives no label below its level, in the other phase, or after too long a run', () => {
  expect(labels.pivotTurn({ minLevel: 3 })(turn('low', 99))).toBeUndefined()
  expect(labels.pivotTurn({ phase: 'anticipation' })(turn('low', 99))).toBeUndefined()
  expect(labels.pivotTurn({ maxRunBps: 90 })(turn('low', 99))).toBeUndefined()
  expect(labels.pivotTurn({ maxRunBps: 90 })(turn('high', 99))).toEqual({ direction: CLASS.sell })
  expect(labels.pivotTurn({ maxRunBps: 90 })(turn('high', 101))).toBeUndefined()
  expect(labels.pivotTurn({ maxRunBps: 110 })(turn('low', 99))).toEqual({ direction: CLASS.buy })
  expect(() => labels.pivotTurn({ minLevel: 0 })).toThrow(/minLevel is 0/)
  expect(() => labels.pivotTurn({ maxRunBps: NaN })).toThrow(/maxRunBps NaN/)
})
