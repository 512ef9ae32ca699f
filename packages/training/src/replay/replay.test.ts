import { CLASS, createRandom, Orchestrator, type AnyDefinition } from '@tapeloom/core'
import { candleSource, DataProvider, memoryStore, storeLanes } from '@tapeloom/data'
import { assertType, expect, test } from 'vitest'
import { bar, build, minutes, walker } from '../market.fixture.ts'
import { training } from '../training.ts'
import { checkLeak } from './check-leak.ts'
import { drawHardAndRandom } from './hard-and-random.ts'
import type { HindsightLabel, TradableLabel } from './label.ts'
import { hardnessOf, labelWeights } from './label-weights.ts'
import { rescore } from './rescore.ts'
import { storedLabels } from './stored-labels.ts'
import { trainRetrospectively } from './train-retrospectively.ts'

const predictor = walker()
const definition = predictor as AnyDefinition

/** A finished run without training, its store and labels. */
async function ran(count = 260) {
  const { orchestrator, store } = build({ modules: [bar, predictor, training], candles: { 'BTC/USDT': minutes(count) } })
  await orchestrator.initialize()
  await orchestrator.command({ kind: 'training', model: 'walker', enabled: false })
  await orchestrator.run()
  await orchestrator.stop()
  return { store, lanes: await storeLanes(store), labels: await storedLabels(store, definition) }
}
const finished = ran()
const seed = 1

test('what is stored is labelled by what came of it, and trained from its references alone', async () => {
  const { lanes, labels } = await finished
  expect(labels.length).toBeGreaterThan(200)
  for (const { reference, knownAt } of labels) expect(knownAt).toBe(reference.target.closeTime)
  const usedAt = labels.at(-1)!.knownAt
  const found = await trainRetrospectively({ definition, lanes, labels, usedAt, seed, steps: 120 })
  expect(found.loss[1]).toBeLessThan(0.7 * found.loss[0]!)
  expect(found.drawn).toEqual({ hard: 240, random: 720 })
  expect(found.excluded).toEqual({ tainted: 0 })
  const again = await trainRetrospectively({ definition, lanes, labels, usedAt, seed, steps: 120 })
  expect(again.weights).toEqual(found.weights)
}, 60_000)

test('training goes on from its checkpoint bit for bit', async () => {
  const { lanes, labels } = await finished
  const common = { definition, lanes, labels, usedAt: Infinity, seed }
  const whole = await trainRetrospectively({ ...common, steps: 10 })
  const first = await trainRetrospectively({ ...common, steps: 5 })
  const on = await trainRetrospectively({ ...common, steps: 5, checkpoint: first.checkpoint })
  expect(on.weights).toEqual(whole.weights)
  expect(on.weights).not.toEqual(first.weights)
})

test('any version of a model can be asked again, and the served one answers what it answered', async () => {
  const { lanes, labels } = await finished
  const references = labels.slice(0, 40).map(({ reference }) => reference)
  const runSeed = await servedSeed()
  const said = await rescore({ definition, lanes, references, seed: runSeed })
  said.forEach(({ reference, answer }) => expect('probabilities' in answer && answer.probabilities).toEqual(reference.prediction.probabilities))
  const { weights } = await trainRetrospectively({ definition, lanes, labels, usedAt: Infinity, seed: runSeed, steps: 40 })
  const better = await rescore({ definition, lanes, references, weights })
  const loss = (all: Awaited<ReturnType<typeof rescore>>) => all.reduce((sum, { answer }, i) =>
    sum + hardnessOf({ ...references[i]!.prediction, ...('probabilities' in answer && { probabilities: answer.probabilities }) }, labels[i]!.targets, { direction: 'class' }), 0)
  expect(loss(better)).toBeLessThan(loss(said))
}, 60_000)

/** The seed that an orchestrator gave the model: part of its host alone. */
async function servedSeed(): Promise<number> {
  const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [candleSource('BTC/USDT', '1m', minutes(2))], store: memoryStore() }), modules: [bar, predictor, training] })
  await orchestrator.initialize()
  const { seed: own } = orchestrator.participant(training).collectLabels().of('walker')
  await orchestrator.stop()
  return own
}

test('a label that is used before it is known is refused, and so is a window of the future', async () => {
  const { lanes, labels } = await finished
  const [label] = labels
  const { reference, knownAt } = label!
  expect(() => checkLeak(reference, knownAt, knownAt)).not.toThrow()
  await expect(trainRetrospectively({ definition, lanes, labels: [label!], usedAt: knownAt - 1, seed, steps: 1 })).rejects.toMatchObject({ code: 'training.leak' })
  const late = { ...reference, lanes: reference.lanes.map((lane) => (lane.count > 1 ? { ...lane, end: lane.end + 60e6 } : lane)) }
  await expect(trainRetrospectively({ definition, lanes, labels: [{ ...label!, reference: late }], usedAt: Infinity, seed, steps: 1 })).rejects.toThrow(/beyond its inference/)
  expect(() => checkLeak(reference, reference.asOf - 1, Infinity)).toThrow(/before its inference/)
})

test('doubtful labels weigh nothing, rare classes and lonely labels more', async () => {
  const { labels } = await finished
  const base = labels[0]!
  const at = (asOf: number, length: number, direction: number, isTainted = false): TradableLabel =>
    ({ ...base, reference: { ...base.reference, asOf }, knownAt: asOf + length, targets: { direction }, isTainted })
  const made = [at(0, 3, CLASS.buy), at(2, 2, CLASS.buy), at(4, 2, CLASS.sell), at(9, 1, CLASS.buy, true)]
  const weights = labelWeights(made, { direction: 'class' })
  expect(weights[3]).toBe(0)
  expect((weights[0]! + weights[1]! + weights[2]!) / 3).toBeCloseTo(1, 12)
  expect(weights[0]! / weights[1]!).toBeCloseTo(5 / 6 / (3 / 4), 12)
  expect(weights[2]! / weights[1]!).toBeCloseTo((2 * 1) / (3 / 4), 12)
  const tainted = trainRetrospectively({ definition, lanes: (await finished).lanes, labels: [{ ...base, isTainted: true }], usedAt: Infinity, seed, steps: 1 })
  await expect(tainted).rejects.toMatchObject({ code: 'training.labels' })
})

test('a quarter of what is drawn is hard, the rest is any of the others', () => {
  const hardness = Float64Array.from({ length: 1000 }, (_, i) => (i % 10 === 3 ? NaN : i))
  const random = createRandom(1, 'draws')
  const seen = new Float64Array(1000)
  let hard = 0
  for (let k = 0; k < 500; k++) {
    const { positions, drawn } = drawHardAndRandom(hardness, 16, random)
    expect(new Set(positions).size).toBe(16)
    expect(drawn).toEqual({ hard: 4, random: 12 })
    for (const i of positions.slice(0, 4)) hard += hardness[i]!
    for (const i of positions) seen[i]!++
  }
  expect(hard / 2000).toBeGreaterThan(750)
  expect(seen.slice(0, 200).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(800) // the easy are drawn as well
  expect(drawHardAndRandom([1, 2], 16, random)).toMatchObject({ drawn: { hard: 1, random: 1 } })
})

test('what only hindsight shows is of another type than what could be traded', () => {
  const take = (_: readonly TradableLabel[] | readonly HindsightLabel[]) => {}
  const [tradable, hindsight] = [{ kind: 'tradable' }, { kind: 'hindsight' }] as [TradableLabel, HindsightLabel]
  take([tradable])
  take([hindsight])
  // @ts-expect-error the two are not mixed
  take([tradable, hindsight])
  // @ts-expect-error nor taken for each other
  assertType<TradableLabel>(hindsight)
})
