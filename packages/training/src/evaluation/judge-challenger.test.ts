import { CLASS, defineModule, lane, Orchestrator, toProbabilities, use, type AnyDefinition, type CandleValues, type ModelSpec } from '@tapeloom/core'
import { candleSource, DataProvider, memoryStore, storeLanes } from '@tapeloom/data'
import { adamW, crossEntropy, defineModel, dense, flatten } from '@tapeloom/models'
import { describe, expect, test } from 'vitest'
import { storedLabels } from '../replay/stored-labels.ts'
import { trainRetrospectively } from '../replay/train-retrospectively.ts'
import { training } from '../training.ts'
import { judgeChallenger, promoteByRule, type ChallengerTrial } from './judge-challenger.ts'
import { nullMarket } from './null-market.ts'

const MINUTE_US = 60e6
/** Minutes whose direction repeats the last one's seven times in ten. */
function persistent(count: number): CandleValues[] {
  let [state, price, up] = [4321, 50_000, true]
  const uniform = () => ((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647)
  return Array.from({ length: count }, (_, i) => {
    up = uniform() < 0.7 ? up : !up
    const open = price
    price = Math.round(price * (1 + ((up ? 1 : -1) * 20 * (0.5 + uniform())) / 1e4) * 10) / 10
    return { openTime: i * MINUTE_US, open, high: Math.max(open, price) + 30, low: Math.min(open, price) - 30, close: price, volume: 1 }
  })
}
const network = defineModel({
  name: 'echo', inputs: { candles: [4, 5] }, targets: { direction: 'class' }, batch: 16, optimizer: adamW({ learningRate: 3e-2 }),
  forward: ({ candles }) => ({ direction: dense(flatten(candles), 3) }),
  loss: (output, target) => crossEntropy(output.direction, target.direction),
})
type Label = NonNullable<NonNullable<ModelSpec<typeof network, string, never>['labels']>['candle']>
const module = (candle: Label) => defineModule({
  name: 'echo', version: '1.0.0', core: '^1.0.0',
  model: {
    network, inputs: { candles: lane('1m', 4, { normalise: 'zscore' }) }, target: { timeframe: '1m', ahead: 1 },
    decode: ({ direction }) => ({ probabilities: toProbabilities(direction) }), labels: { candle },
  },
})
const honest = module(({ entry, target }) => ({ direction: target.close > entry.close ? CLASS.buy : CLASS.sell }))
/** Says what the candle before the inference did: whoever is judged by that is right where nothing can be known. */
const leaking = module(({ entry }) => ({ direction: entry.close > entry.open ? CLASS.buy : CLASS.sell }))

/** A run over the market or its null, without training. */
function over(definition: typeof honest, onNull: boolean) {
  const [source, store] = [candleSource('BTC/USDT', '1m', persistent(1200)), memoryStore()]
  const data = new DataProvider({ sources: [onNull ? nullMarket(source, 5) : source], store })
  return { orchestrator: new Orchestrator({ data, modules: [definition, use(training, { adapter: 'none' })] }), store }
}

/** Its references and labels. */
async function past(definition: typeof honest, onNull: boolean) {
  const { orchestrator, store } = over(definition, onNull)
  await orchestrator.run()
  await orchestrator.stop()
  return { lanes: await storeLanes(store), labels: await storedLabels(store, definition as AnyDefinition) }
}

/** A challenger that learnt from the first half, and a champion of no steps to speak of. */
async function trialOf(module: typeof honest): Promise<ChallengerTrial> {
  const definition = module as AnyDefinition
  const real = await past(module, false)
  const labels = real.labels.slice(0, 500)
  const trainedUntil = labels.at(-1)!.knownAt
  const trained = async (steps: number) => (await trainRetrospectively({ definition, lanes: real.lanes, labels, usedAt: trainedUntil, seed: 2, steps })).weights
  return { definition, ...real, trainedUntil, champion: await trained(1), challenger: await trained(150), onNullMarket: await past(module, true) }
}
/** Versions of which the second challenges the first. */
function roles() {
  const promoted: string[] = []
  return { promoted, challenger: '150', promote: async () => void promoted.push('150') }
}

describe('a challenger that has learnt what there is to be known', () => {
  const trial = trialOf(honest)
  test('is promoted on references that neither version learnt from', async () => {
    const versions = roles()
    const { verdict, reason, evidence, nullMarket: none } = await promoteByRule(versions, await trial)
    expect({ verdict, promoted: versions.promoted }).toEqual({ verdict: 'promote', promoted: ['150'] })
    expect(reason).toMatch(/^better than the champion after \d+ decisions, and than equal chances/)
    expect(evidence.champion.decisions).toBeLessThan(680)
    expect(none.verdict).not.toBe('promote')
    expect(none.decisions).toBeGreaterThan(100)
  })
  test('is promoted beside a run as well, which reports the verdict', async () => {
    const { definition: _, lanes: __, ...parts } = await trial
    const { orchestrator } = over(honest, false)
    await orchestrator.run()
    const versions = roles()
    const coordinator = orchestrator.participant(training)
    expect(orchestrator.report().participants['training']).not.toHaveProperty('promotion')
    const found = await coordinator.promote('echo', versions, parts)
    expect([found.verdict, versions.promoted]).toEqual(['promote', ['150']])
    expect(orchestrator.report().participants['training']).toMatchObject({ promotion: { echo: found } })
    await expect(coordinator.promote('other', versions, parts)).rejects.toThrow('[model other] is not served. Name one of echo.')
    await orchestrator.stop()
  })
  test('is proven worse when the roles are changed, and nothing is promoted', async () => {
    const { champion, challenger, ...rest } = await trial
    const versions = roles()
    expect(await promoteByRule(versions, { ...rest, champion: challenger, challenger: champion })).toMatchObject({ verdict: 'demote' })
    expect(versions.promoted).toEqual([])
  })
  test('is not told from itself', async () => {
    const given = await trial
    const { verdict, evidence } = await judgeChallenger({ ...given, champion: given.challenger })
    expect(verdict).toBe('undecided')
    expect(evidence.champion).toMatchObject({ logFor: 0, logAgainst: 0 })
  })
  test('is judged bit for bit alike in two parts, and no label counts twice', async () => {
    const given = await trial
    const whole = await judgeChallenger(given)
    const first = await judgeChallenger({ ...given, labels: given.labels.slice(0, 540) })
    expect(first.verdict).toBe('undecided')
    const kept = JSON.parse(JSON.stringify(first.evidence)) as typeof first.evidence
    expect(await judgeChallenger({ ...given, evidence: kept })).toEqual(whole)
    const again = await judgeChallenger({ ...given, labels: given.labels.slice(0, 540), evidence: kept })
    expect(again.evidence).toEqual(first.evidence)
  })
  test('weighs nothing of what it learnt from, nor of what is doubtful', async () => {
    const given = await trial
    const learnt = await judgeChallenger({ ...given, trainedUntil: Infinity })
    expect(learnt.evidence).toMatchObject({ champion: { decisions: 0 }, until: null })
    const doubtful = await judgeChallenger({ ...given, labels: given.labels.map((label) => ({ ...label, isTainted: true })) })
    expect(doubtful.evidence.champion.decisions).toBe(0)
  })
  test('needs a null market that is long enough, and versions that name it', async () => {
    const given = await trial
    const { lanes, labels } = given.onNullMarket
    await expect(judgeChallenger({ ...given, onNullMarket: { lanes, labels: labels.slice(0, 99) } })).rejects.toMatchObject({ code: 'training.null-market' })
    await expect(promoteByRule({ ...roles(), challenger: undefined }, given)).rejects.toMatchObject({ code: 'training.promotion' })
  })
})

test('a challenger that is right where every move is a coin is refused, however much better it looks', async () => {
  const versions = roles()
  const trial = await trialOf(leaking)
  const { verdict, reason } = await promoteByRule(versions, trial)
  expect({ verdict, promoted: versions.promoted }).toEqual({ verdict: 'refused', promoted: [] })
  expect(reason).toMatch(/better than its mirror image after \d+ decisions on the null market/)
})
