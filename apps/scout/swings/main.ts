import { ConfigurableOrchestrator } from '@tapeloom/config'
import { CLASS } from '@tapeloom/core'
import { training, type TrainingEventSubscriber } from '@tapeloom/training'
import type { scout } from 'tapeloom-module-scout'

const swings: TrainingEventSubscriber<typeof scout> = {
  name: 'swings',
  model: 'scout',
  pivots: { levels: [2] },
  onPivotEvent({ side }, references) {
    const direction = side === 'low' ? CLASS.buy : CLASS.sell
    return references.map((reference) => ({ reference, targets: { direction } }))
  },
  onCandleCompletion({ open, close }, reference) {
    if (Math.abs(close / open - 1) > 2e-4) return undefined
    return { reference, targets: { direction: CLASS.hold }, weight: 0.5 }
  },
}
const orchestrator = await ConfigurableOrchestrator.load('scout.yaml')
const coordinator = orchestrator.participant(training)
coordinator.subscribe(swings)
orchestrator.on('training:step', ({ model, step, loss }) => console.log(model, step, loss))
await orchestrator.run()

const [reference] = await coordinator.references({ model: 'scout', state: 'trained', limit: 1 })
if (reference) {
  const { tensors, contentHash } = await coordinator.resolve(reference)
  console.log(reference.lanes, tensors['candles']?.length, contentHash === reference.contentHash) // [...] 600 true
}
