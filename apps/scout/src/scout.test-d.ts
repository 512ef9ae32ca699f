import { CLASS, Orchestrator } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { cob } from '@tapeloom/module-cob'
import type { TrainingEventSubscriber } from '@tapeloom/training'
import { assertType, expectTypeOf, test } from 'vitest'
import { scout } from './index.ts'

test('a subscriber knows the name and the target of the model', () => {
  assertType<TrainingEventSubscriber<typeof scout>>({
    name: 's', model: 'scout', onCandleCompletion: (_candle, reference) => ({ reference, targets: { direction: CLASS.hold } }),
  })
  // @ts-expect-error another model's name
  assertType<TrainingEventSubscriber<typeof scout>>({ name: 's', model: 'scuot' })
  assertType<TrainingEventSubscriber<typeof scout>>({
    name: 's', model: 'scout',
    // @ts-expect-error a misspelt target
    onCandleCompletion: (_candle, reference) => ({ reference, targets: { direktion: CLASS.hold } }),
  })
})

test('rows have the columns of what the predictor reads', () => {
  expectTypeOf(scout.name).toEqualTypeOf<'scout'>()
  const { values } = new Orchestrator({ data: new DataProvider(), modules: [cob, scout] }).getFeatures('BTC/USDT')
  expectTypeOf(values['cob.spreadBps']).toEqualTypeOf<number | null>()
  // @ts-expect-error a predictor makes no column
  void values['scout.imbalance5']
})
