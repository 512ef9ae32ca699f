import { defineModule, use } from '../module/define.ts'
import { agree, fail } from './compare.ts'
import { providersOf } from './need-fixture.ts'
import { TestRun, type Trial } from './test-run.ts'
import { watchedModule } from './watched-module.ts'

/** A neighbour that only counts what it hears; its outputs show whether it was disturbed. */
const neighbour = defineModule({
  name: 'neighbour',
  version: '1.0.0',
  core: '*',
  features: { heard: { rev: 1, unit: 'count', range: [0, 1e9], description: 'Events so far.' } },
  candles: ['1s', '1m', '5m', '15m', '1h', '4h', '1d'],
  state: () => ({ heard: 0 }),
  on: {
    trade: (_trade, { state, features }) => void (features.heard = ++state.heard),
    book: (_book, { state, features }) => void (features.heard = ++state.heard),
    'candle:close': (_candle, { state, features }) => void (features.heard = ++state.heard),
  },
})

/**
 * Invariant 14: a throw in the middle of the tape is this module's fault alone. It is restarted and goes on; the others
 * do not notice.
 */
export async function isQuarantined(trial: Trial): Promise<void> {
  const calm = await besideNeighbour(trial, Infinity)
  if (calm.calls === 0) fail(trial.module.name, 'hears nothing of these events. Give events that it listens to.')
  const thrower = await besideNeighbour(trial, Math.ceil(calm.calls / 2))
  agree('the neighbour of a module that throws and of one that does not differ', calm.neighbour, thrower.neighbour)
  if (thrower.faults !== calm.faults + 1) fail('one throw', `made ${thrower.faults - calm.faults} faults`)
  if (thrower.status !== 'running' && thrower.status !== 'warming')
    fail('after its restart', `the module is ${thrower.status}`)
}

async function besideNeighbour({ module, options, needs, events }: Trial, throwAt: number) {
  let calls = 0
  const calling = () => {
    if (++calls === throwAt) throw new Error('planted by the conformance kit')
  }
  const watched = watchedModule(module, { emitting: () => {}, handled: () => {}, calling })
  const beside = [...providersOf(module, needs), use(watched, options)]
  const run = new TestRun({ module: neighbour, options: {}, needs: {}, events }, { beside })
  await run.orchestrator.run()
  const state = run.orchestrator.status().modules.find(({ name }) => name === module.name)
  await run.orchestrator.stop()
  return { calls, status: state?.status, faults: state?.faults ?? NaN, neighbour: run.recording }
}
