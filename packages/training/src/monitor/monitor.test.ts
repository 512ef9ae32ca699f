import { createRandom, Orchestrator, use, type DataFeed, type DataPort } from '@tapeloom/core'
import { candleSource, DataProvider } from '@tapeloom/data'
import { afterEach, expect, test } from 'vitest'
import { bar, build, minutes, walker } from '../market.fixture.ts'
import { training } from '../training.ts'
import { addToDrift, createDriftState } from './drift-detector.ts'
import type { Drift } from './drift-monitor.ts'
import { countBins, decileEdges, populationStability } from './population-stability.ts'
import type { Skew } from './skew-meter.ts'

const open: Orchestrator[] = []
afterEach(async () => {
  for (const orchestrator of open.splice(0)) await orchestrator.stop()
})
const reportOf = async (orchestrator: Orchestrator) => {
  const { participants, journalHash } = await orchestrator.run()
  const { skew, drift } = participants['training'] as unknown as { skew: Skew; drift: readonly Drift[] }
  return { skew, drift, journalHash }
}

test('the stability index of equal distributions has its null mean, and exceeds its null quantile once in a thousand', () => {
  const random = createRandom(3, 'stability')
  let [sum, above, nullMean] = [0, 0, 0]
  for (let k = 0; k < 2000; k++) {
    const draw = (n: number) => Float64Array.from({ length: n }, () => random.normal())
    const first = draw(400)
    const edges = decileEdges(first)
    const found = populationStability(countBins(first, edges), countBins(draw(400), edges))
    sum += found.index
    nullMean = found.nullMean
    if (found.index > found.nullQuantile) above++
  }
  expect(nullMean).toBe(9 * (2 / 400))
  expect(sum / 2000 / nullMean).toBeGreaterThan(0.9)
  expect(sum / 2000 / nullMean).toBeLessThan(1.1)
  expect(above).toBeLessThan(10)
})

test('deciles hold a tenth each, and an index counts both ways', () => {
  const values = Float64Array.from({ length: 100 }, (_, i) => i)
  const edges = decileEdges(values)
  expect([...countBins(values, edges)]).toEqual(Array.from({ length: 10 }, () => 10))
  const moved = countBins(values.map((value) => value + 20), edges)
  const [there, back] = [populationStability(countBins(values, edges), moved), populationStability(moved, countBins(values, edges))]
  expect(there.index).toBeCloseTo(back.index, 12)
  expect(there.index).toBeGreaterThan(there.nullQuantile)
})

test('a change of the mean alarms all three detectors, none does before', () => {
  const random = createRandom(5, 'drift')
  const state = createDriftState()
  for (let i = 0; i < 4000; i++) addToDrift(state, random.normal())
  addToDrift(state, NaN)
  expect(state.alarms).toEqual({ adwin: 0, pageHinkley: 0, stability: 0 })
  for (let i = 0; i < 2000; i++) addToDrift(state, random.normal() + 1)
  expect(state.alarms.adwin).toBeGreaterThan(0)
  expect(state.alarms.pageHinkley).toBeGreaterThan(0)
  expect(state.alarms.stability).toBeGreaterThan(0)
  expect(state.values).toBe(6000)
})

test('live inferences that are built again are those that were served, bit for bit', async () => {
  const { orchestrator } = build({ modules: [bar, walker(), use(training, { skewShare: 0.5 })] })
  open.push(orchestrator)
  const { skew, drift } = await reportOf(orchestrator)
  expect(skew).toMatchObject({ most: 0, failed: 0, worst: '' })
  expect(skew.checked).toBeGreaterThan(60)
  expect(skew.compared).toBe(skew.checked * (2 + 2 + 100 + 20 + 40 + 10 + 10))
  expect(drift.map(({ feature }) => feature)).toEqual(['last.bar.body', 'last.bar.odd', 'candles.close', 'candles.volume', 'slow.close', 'slow.volume', 'error'])
  expect(drift.find(({ feature }) => feature === 'error')?.values).toBeGreaterThan(60)
})

test('a training path that reads other bytes is an alarm that names the reference', async () => {
  const data = new DataProvider({ sources: [candleSource('BTC/USDT', '1m', minutes(120))] })
  const crooked: DataPort = {
    store: data.store, sources: data.sources,
    attach(host) {
      const feed = data.attach(host)
      const lanes = () => new Proxy(feed.lanes, {
        get(target, key) {
          if (key !== 'rebuild') return (Reflect.get(target, key, target) as (...args: never[]) => unknown).bind(target)
          return async (requests: Parameters<DataFeed['lanes']['rebuild']>[0]) => {
            await target.rebuild(requests)
            for (const { tensor } of requests) if (tensor.length === 100) tensor[7]! += 0.25
          }
        },
      })
      return new Proxy(feed, {
        get(target, key) {
          const value: unknown = key === 'lanes' ? lanes() : Reflect.get(target, key, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    },
  }
  const orchestrator = new Orchestrator({ data: crooked, modules: [bar, walker(), use(training, { skewShare: 0.5, adapter: 'none' })] })
  open.push(orchestrator)
  const faults: string[] = []
  orchestrator.on('module:fault', ({ code, message }) => void faults.push(`${code} ${message}`))
  const { skew } = await reportOf(orchestrator)
  expect(skew.most).toBeCloseTo(0.25, 5)
  expect(skew.failed).toBe(skew.checked)
  expect(faults).toHaveLength(skew.failed)
  expect(faults.at(-1)).toContain(`training.skew [reference ${skew.worst}] what it was served and what training sees differ by up to 0.25`)
})

test('meters go on over a restart as if there had been none', async () => {
  const start = () => {
    const built = build({ modules: [bar, walker(), use(training, { skewShare: 0.3, adapter: 'retrospective' })], candles: { 'BTC/USDT': minutes(260) } })
    open.push(built.orchestrator)
    return built.orchestrator
  }
  const straight = start()
  const whole = await reportOf(straight)
  const [progress] = straight.participant(training).models()
  expect(progress!.steps).toBeGreaterThan(20)
  expect(progress!.drawn!.hard / (progress!.drawn!.hard + progress!.drawn!.random)).toBeCloseTo(0.25, 1)
  for (const minute of [101.3, 180]) {
    const before = start()
    await before.run({ until: minute * 60e6 })
    const after = start()
    await after.restore(await before.snapshot())
    expect(await reportOf(after)).toEqual(whole)
    expect(after.participant(training).models()).toEqual(straight.participant(training).models())
  }
  const { registered, trained, expired, failed, open: waiting } = straight.participant(training).counts()
  expect([failed, trained > 100, registered >= trained + expired + waiting]).toEqual([0, true, true])
})
