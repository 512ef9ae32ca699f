import { defineModule, type FeatureSpec } from '@tapeloom/core'
import { expectTypeOf, test } from 'vitest'
import { prominentPeaks, tradeLabels, zigzag } from './index.ts'

const spec: FeatureSpec = { rev: 1, unit: 'score', range: [-1, 1], description: 'A test.' }

test('a label of hindsight is no feature', () => {
  const columns = { high: [1], low: [1], close: [1] }
  defineModule({
    name: 'cheat', version: '1.0.0', core: '^1.0.0',
    features: { signal: { ...spec, rev: 1 }, list: { ...spec, size: 2 } },
    on: {
      'candle:close'(_candle, { features }) {
        // @ts-expect-error -- a turning point is known only later
        features.signal = zigzag([1], [1], 100)[0]
        // @ts-expect-error -- a peak needs the whole series
        features.signal = prominentPeaks([1])[0] ?? NaN
        // @ts-expect-error -- an entry that hindsight chose
        features.signal = tradeLabels(columns, { feeBps: 1, spreadBps: 1 })[0]!
        // @ts-expect-error -- nor an element of a list
        features.list[0] = zigzag([1], [1], 100)[0]!
        // @ts-expect-error -- nor all of them as a list
        features.list.set(zigzag([1], [1], 100))
        features.signal = 1
      },
    },
  })
  expectTypeOf(zigzag([1], [1], 100)).not.toExtend<readonly number[]>()
})
