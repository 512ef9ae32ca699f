import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import {
  baseline, defineModule, definitionOf, Orchestrator, use,
  type Decision, type Participant, type Plain, type Usable,
} from './index.ts'
import { build, feature, follow, identity, last, trades } from './orchestrator.fixture.ts'
import { fixtures } from './testing/index.ts'
import { testPort } from './testing/test-feed.ts'

describe('a run', () => {
  test('decides once a symbol and boundary, and equal runs give equal hashes', async () => {
    const run = (seed: number) => build([last, follow], { seed }).orchestrator.run()
    const [a, b] = [await run(1), await run(1)]
    expect(a).toMatchObject({ events: { trade: 300, book: 0, candle: 0 }, decisions: 149 })
    expect(b.journalHash).toBe(a.journalHash)
  })
  test('names what is not open, unknown or running already', async () => {
    const { orchestrator } = build([last])
    expect(() => orchestrator.getFeatures('BTC/USDT')).toThrow('[orchestrator] is not open. Await initialize() or run() first.')
    await orchestrator.initialize()
    await orchestrator.initialize()
    expect(() => orchestrator.getFeatures('BTC/USD')).toThrow("[symbol BTC/USD] has no data. Did you mean 'BTC/USDT'?")
    const first = orchestrator.run()
    await expect(orchestrator.run()).rejects.toThrow('[orchestrator] runs already.')
    await first
    await expect(orchestrator.disable('lats' as 'last')).rejects.toThrow("[module lats] is not loaded. Did you mean 'last'?")
    await expect(orchestrator.command({ kind: 'weight', model: 'x', weight: 1 })).rejects.toThrow('[model x] is not registered.')
    expect(() => orchestrator.participant(last)).toThrow('has no participant')
  })
  test('refuses thresholds that could never close', () => {
    const options = { data: testPort(['BTC/USDT'], []), modules: [], thresholds: { open: 0.1, close: 0.2 } }
    expect(() => new Orchestrator(options)).toThrow('Give 0 < close < open <= 1.')
  })
  test('features are null until they are known, and are those of the last boundary', async () => {
    const { orchestrator } = build([last])
    await orchestrator.initialize()
    expect(orchestrator.getFeatures('BTC/USDT')).toMatchObject({ asOf: null, values: { 'last.price': null } })
    await orchestrator.run({ until: 10e6 })
    const row = orchestrator.getFeatures('BTC/USDT')
    expect(row.asOf).toBe(9e6)
    expect(row.values['last.price']).toBe(Number(trades().filter(({ tsEvent = 0 }) => tsEvent < 9e6).map((event) => 'price' in event && event.price).at(-1)))
    expect(orchestrator.getFeatures('ETH/USDT').values['last.price']).toBeNull()
  })
  test('predictions that still count are given out', async () => {
    const { orchestrator } = build([last, follow])
    await orchestrator.run({ until: 30e6 })
    expect(orchestrator.getPredictions('BTC/USDT').map(({ module, horizon, asOf }) => [module, horizon, asOf])).toEqual([['follow', '5s', 29e6]])
    expect(orchestrator.getPredictions('ETH/USDT')).toEqual([])
    const [row] = orchestrator.performance()
    expect(row).toMatchObject({ model: 'follow', symbol: 'BTC/USDT', horizon: '5s', n: 24 })
    expect(orchestrator.models()).toMatchObject([{ name: 'follow', weight: 1, inference: true }])
    expect(orchestrator.progress()).toEqual({ done: 60, total: 300 })
  })
  test('without predictors each decision is a hold with its reason', async () => {
    const { orchestrator } = build([last])
    const reasons = new Set<string>()
    orchestrator.onDecision(({ action, reason }) => void reasons.add(`${action} ${reason}`))
    await orchestrator.run()
    expect([...reasons]).toEqual(['hold no-predictions'])
  })
  test('an abstention and the lack of warm-up are reasons', async () => {
    const quiet = defineModule({ name: 'quiet', ...identity, predict: () => ({ abstain: 'quiet-today' }) })
    const slow = defineModule({ name: 'slow', ...identity, warmup: { live: '60s' }, predict: () => ({ horizon: '1s', probabilities: { buy: 1, hold: 0, sell: 0 } }) })
    const reasonsOf = async (modules: readonly Usable[]) => {
      const { orchestrator } = build(modules)
      const reasons: string[] = []
      orchestrator.onDecision(({ reason }) => void reasons.push(reason))
      await orchestrator.run()
      return { reasons: [...new Set(reasons)], readiness: orchestrator.status().readiness }
    }
    expect((await reasonsOf([quiet])).reasons).toEqual(['quiet-today'])
    const { reasons, readiness } = await reasonsOf([slow])
    expect(reasons.slice(0, 2)).toEqual(['cold', 'open-long'])
    expect(readiness).toEqual({ 'slow BTC/USDT': { state: 'ready' }, 'slow ETH/USDT': { state: 'cold', have: 0, need: 60e6, unit: 'us', etaUs: 60e6 } })
  })
})

test('a module that lacks warm-up says how much, and when it has it', async () => {
  const slow = defineModule({ name: 'slow', ...identity, candles: ['1m'], warmup: { '1m': 600 }, on: { 'candle:close': () => {} } })
  const { orchestrator } = build([slow], {}, fixtures.candles('BTC/USDT', '1m', { count: 212 }))
  await orchestrator.run()
  expect(orchestrator.status().readiness['slow BTC/USDT']).toEqual({ state: 'cold', have: 212, need: 600, unit: '1m', etaUs: 388 * 60e6 })
  expect(orchestrator.status().readiness['slow ETH/USDT']).toMatchObject({ state: 'cold', have: 0 })
})

test.each([
  ['hears no closes', {}],
  ['hears those of another timeframe', { candles: ['5m'] as const, on: { 'candle:close': () => {} } }],
  ['has only named them', { candles: ['1m'] as const }],
])('the candles of a warm-up are counted though its module %s', async (_, more) => {
  const still = defineModule({ name: 'still', ...identity, warmup: { '1m': 15 }, ...more, predict: () => ({ abstain: 'quiet' }) })
  const lacks = async (count: number) => {
    const { orchestrator } = build([still], {}, fixtures.candles('BTC/USDT', '1m', { count }))
    await orchestrator.run()
    return orchestrator.status().readiness['still BTC/USDT']
  }
  expect(await lacks(12)).toMatchObject({ state: 'cold', have: 12, need: 15 })
  expect(await lacks(15)).toEqual({ state: 'ready' })
})

describe('decisions', () => {
  test('a veto makes a hold with its text, in order of priority; one that throws vetoes nothing', async () => {
    const { orchestrator, warnings } = build([last, follow])
    const asked: string[] = []
    const veto = (name: string, answer: () => string | undefined) => () => (asked.push(name), answer())
    orchestrator.onDecision(veto('second', () => 'no'), { stage: 'veto', priority: 2 })
    const off = orchestrator.onDecision(veto('first', () => { throw new Error('broken') }), { stage: 'veto', priority: 1 })
    const seen: Decision[] = []
    orchestrator.onDecision((decision) => void seen.push(decision), { priority: 5 })
    orchestrator.onDecision(() => { throw new Error('listener') })
    await orchestrator.run({ until: 20e6 })
    expect(asked.slice(0, 2)).toEqual(['first', 'second'])
    expect(seen.every(({ action }) => action === 'hold')).toBe(true)
    expect(seen.some(({ reason }) => reason === 'veto:no')).toBe(true)
    expect(warnings.some((text) => text.startsWith('[veto] threw')) && warnings.some((text) => text.startsWith('[listener] threw'))).toBe(true)
    off()
    asked.length = 0
    await orchestrator.run({ until: 40e6 })
    expect(new Set(asked)).toEqual(new Set(['second']))
  })
  test('are explained by what each contributor moved', async () => {
    const { orchestrator } = build([last, follow, use(follow, { weight: 0.4 }, { id: 'level' })])
    const seen: Decision[] = []
    orchestrator.onDecision((decision) => void seen.push(decision))
    await orchestrator.run()
    const decision = seen.at(-1) as Decision
    const { contributors, thresholds } = orchestrator.explain(decision)
    expect(contributors.map(({ module }) => module)).toEqual(['follow', 'level'])
    expect(contributors[1]?.shift).toBeCloseTo(decision.margin - (contributors[0]?.probabilities.buy ?? 0) + (contributors[0]?.probabilities.sell ?? 0), 12)
    expect(thresholds).toEqual({ open: 0.2, close: 0.1 })
    expect(orchestrator.explain(seen[0] as Decision).decision).toBe(seen[0]?.id)
  })
  test('take combiner and thresholds from modules that provide them', async () => {
    const policy = defineModule({ name: 'policy', ...identity, combine: () => ({ buy: 1, hold: 0, sell: 0 }), thresholds: () => ({ open: 0.9, close: 0.1 }) })
    const { orchestrator } = build([last, follow, policy])
    const seen: Decision[] = []
    orchestrator.onDecision((decision) => void seen.push(decision))
    await orchestrator.run()
    expect(seen.filter(({ margin }) => margin === 1).length).toBeGreaterThan(100)
    expect(orchestrator.explain(seen.at(-1) as Decision).thresholds.open).toBe(0.9)
  })
  test('fall back where such a module throws, and say so', async () => {
    const broken = defineModule({ name: 'broken', ...identity, combine: () => { throw new Error('pool') }, thresholds: () => { throw new Error('thresholds') } })
    const { orchestrator } = build([last, follow, broken])
    const report = await orchestrator.run()
    expect(report.decisions).toBe(149)
    expect(orchestrator.status().modules.find(({ name }) => name === 'broken')).toMatchObject({ status: 'disabled', reason: 'faulted', faults: 8 })
  })
  test('a command settles, also while it waits for a boundary that never comes', async () => {
    const { orchestrator } = build([last, follow], {}, trades(2))
    await orchestrator.initialize()
    const running = orchestrator.run()
    await Promise.all([orchestrator.command({ kind: 'weight', model: 'follow', weight: 2 }), running])
    expect(orchestrator.models()[0]).toMatchObject({ weight: 2 })
  })
  test('weights and switches act from the next boundary on', async () => {
    const { orchestrator } = build([last, follow])
    await orchestrator.run({ until: 20e6 })
    await orchestrator.command({ kind: 'weight', model: 'follow', weight: 0 })
    const reasons: string[] = []
    orchestrator.onDecision(({ reason }) => void reasons.push(reason))
    await orchestrator.run({ until: 30e6 })
    expect(new Set(reasons)).toEqual(new Set(['no-predictions']))
    await orchestrator.command({ kind: 'weight', model: 'follow', weight: 1 })
    await orchestrator.command({ kind: 'inference', model: 'follow', enabled: false })
    await orchestrator.run({ until: 40e6 })
    expect(new Set(reasons)).toEqual(new Set(['no-predictions']))
  })
})

describe('snapshots', () => {
  test('restored at any cut, a run ends as the straight one', async () => {
    const straight = await build([last, follow]).orchestrator.run()
    for (const cut of [1e6, 33e6, 100e6]) {
      const first = build([last, follow]).orchestrator
      await first.run({ until: cut })
      const second = build([last, follow]).orchestrator
      await second.restore(await first.snapshot())
      expect((await second.run()).journalHash).toBe(straight.journalHash)
    }
  })
  test('that were changed, or are of other modules, are refused', async () => {
    const { orchestrator } = build([last, follow])
    await orchestrator.run({ until: 30e6 })
    const bytes = await orchestrator.snapshot()
    const bent = bytes.slice()
    bent[100]! ^= 1
    await expect(build([last, follow]).orchestrator.restore(bent)).rejects.toThrow('[snapshot] its checksum does not fit.')
    await expect(build([last, use(last, {}, { id: 'b' })]).orchestrator.restore(bytes)).rejects.toThrow('Load the same modules and options.')
  })
  test('state of another version is migrated, or warmed up anew', async () => {
    const counting = (stateVersion: number, migrate?: (state: unknown) => { n: number }) => defineModule({
      name: 'count', ...identity, features: { n: feature }, state: () => ({ n: 0 }), stateVersion, ...(migrate && { migrate }),
      on: { trade: (_, { state, features }) => void (features.n = ++state.n) },
    })
    const { orchestrator } = build([counting(1)])
    await orchestrator.run({ until: 30e6 })
    const bytes = await orchestrator.snapshot()
    const nAfter = async (module: Usable) => {
      const next = build([module]).orchestrator as Orchestrator
      await next.restore(bytes)
      await next.run({ until: 32e6 })
      return next.getFeatures('BTC/USDT').values['count.n']
    }
    expect(await nAfter(counting(2, (state) => ({ n: 1000 + (state as { n: number }).n })))).toBe(1062)
    expect(await nAfter(counting(2))).toBe(2)
  })
})

describe('watching', () => {
  test('observers get copies later, lossless or only the latest, and change nothing', async () => {
    const { orchestrator, warnings } = build([last])
    const [all, some]: [number[], number[]] = [[], []]
    orchestrator.observe('trade', 'lossless', async ({ price }) => void (await sleep(0), all.push(price)))
    const latest = orchestrator.observe('trade', 'latest', ({ price }) => void some.push(price))
    orchestrator.observe('decision', 'lossless', () => { throw new Error('observer') })
    const { journalHash } = await orchestrator.run()
    await vi.waitFor(() => expect(all).toHaveLength(300), { timeout: 20_000 })
    expect(some.length + latest.dropped).toBe(300)
    expect(latest.dropped).toBeGreaterThan(0)
    latest.stop()
    expect(warnings.some((text) => text.includes('[observer decision] threw'))).toBe(true)
    expect(journalHash).toBe((await build([last]).orchestrator.run()).journalHash)
  })
  test('listeners leave when they say so, and a run stops at a signal', async () => {
    const { orchestrator } = build([last])
    const stop = new AbortController()
    let seen = 0
    const off = orchestrator.on('trade', () => void (++seen === 5 && off()))
    stop.abort()
    await orchestrator.run({ signal: stop.signal })
    expect(seen).toBe(0)
    await orchestrator.run()
    expect(seen).toBe(5)
  })
})

describe('participants', () => {
  /** Asks for a result a second after each boundary and writes down when it came. */
  const echo = (log: string[], fromRecord = true) => defineModule({
    name: 'echo', ...identity,
    participant: () => ({
      name: 'echo', asked: 0,
      attach(host) {
        host.work('echo', {
          kind: 'swap', fromRecord,
          compute: async (payload) => (await sleep(Math.random() * 3), payload),
          apply: (payload, result) => {
            log.push(`${payload as number}=${result as number}@${host.clock.now()}`)
            host.digest('echo', result as number)
            if (payload === 3) throw new Error('apply')
          },
        })
        host.onOutcomes((_symbol, time) => void (this.asked++, host.defer({ handler: 'echo', due: host.clock.now() + 1e6, payload: time / 1e6 })))
      },
      snapshot() { return this.asked },
      restore(state: Plain) { this.asked = state as number },
      report() { return { references: { open: this.asked } } },
    } as Participant & { asked: number }),
  })
  test("get results at their due time, whenever they came, and a throw of theirs stops nothing", async () => {
    const run = async () => {
      const log: string[] = []
      const { orchestrator } = build([last, echo(log)], {}, trades(41))
      return { log, report: await orchestrator.run(), orchestrator }
    }
    const [a, b] = [await run(), await run()]
    expect(a.log.slice(0, 2)).toEqual(['1=1@2000000', '2=2@3000000'])
    expect(a.log).toHaveLength(20)
    expect(a.log).toEqual(b.log)
    expect(a.report.journalHash).toBe(b.report.journalHash)
    expect(a.report).toMatchObject({ references: { open: 20, registered: 0 }, participants: { echo: { references: { open: 20 } } } })
    expect(a.orchestrator.status().modules[1]).toMatchObject({ name: 'echo', status: 'running', faults: 1 })
  })
  test('pending work is part of a snapshot', async () => {
    const straight: string[] = []
    await build([last, echo(straight)], {}, trades(41)).orchestrator.run()
    const [first, second]: [string[], string[]] = [[], []]
    const one = build([last, echo(first)], {}, trades(41)).orchestrator
    await one.run({ until: 8.2e6 })
    const two = build([last, echo(second)], {}, trades(41)).orchestrator
    await two.restore(await one.snapshot())
    await two.run()
    expect([...first, ...second]).toEqual(straight)
  })
  test('are reached through their module', async () => {
    const log: string[] = []
    const module = echo(log)
    const { orchestrator } = build([last, module], {}, trades(4))
    expect((orchestrator.participant(module) as unknown as { name: string }).name).toBe('echo')
    await orchestrator.run()
    await orchestrator.stop()
  })
})

test('the baseline follows the last return where no book is fed', async () => {
  const { orchestrator } = build([baseline], {}, fixtures.candles('BTC/USDT', '1m', { count: 50 }))
  const decisions: Decision[] = []
  orchestrator.onDecision((decision) => void decisions.push(decision))
  await orchestrator.run()
  expect(definitionOf(baseline).description).toContain('last return')
  expect(decisions.some(({ action }) => action === 'buy') && decisions.some(({ action }) => action === 'sell')).toBe(true)
})
