import { baseline, Orchestrator, use, type Combiner } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { simulatedMarket } from '@tapeloom/data/sim'
import { cob } from '@tapeloom/module-cob'

const leastConfident: Combiner = (predictions) =>
  predictions.toSorted((a, b) => a.confidence - b.confidence)[0]?.probabilities ?? { abstain: 'no-predictions' }

function build() {
  const market = simulatedMarket({ symbols: ['BTC/USDT'], duration: '1h', seed: 7 })
  const orchestrator = new Orchestrator({
    data: new DataProvider({ sources: [market] }),
    modules: [cob, use(cob, { bucket: 50 }, { id: 'cob-wide' }), baseline],
    combiner: leastConfident,
  })
  orchestrator.onDecision(({ action }) => (action === 'sell' ? 'no-short' : undefined), { stage: 'veto' })
  return orchestrator
}

const orchestrator = build()
orchestrator.onDecision((decision) => {
  if (decision.action !== 'hold') console.log(orchestrator.explain(decision).contributors)
})
await orchestrator.run({ until: 1200e6 }) // microseconds
await orchestrator.disable('cob-wide')
await orchestrator.run({ until: 1300e6 })
console.log(orchestrator.getFeatures('BTC/USDT').values['cob-wide.imbalance5']) // null
await orchestrator.enable('cob-wide')

const snapshot = await orchestrator.snapshot()
const straight = await orchestrator.run()
const resumed = build()
await resumed.restore(snapshot)
console.log((await resumed.run()).journalHash === straight.journalHash) // true
