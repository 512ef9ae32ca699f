import { CLASS, Orchestrator, use } from '@tapeloom/core'
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

test('the predictor has no options, and rows have the columns of what it reads', () => {
  expectTypeOf(scout.name).toEqualTypeOf<'scout'>()
  // @ts-expect-error an option that it does not have
  use(scout, { span: 3 })
  const { values } = new Orchestrator({ data: new DataProvider(), modules: [cob, scout] }).getFeatures('BTC/USDT')
  expectTypeOf(values['cob.spreadBps']).toEqualTypeOf<number | null>()
})
