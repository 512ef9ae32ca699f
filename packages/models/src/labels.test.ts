import { CLASS, type Candle, type Outcome } from '@tapeloom/core'
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
