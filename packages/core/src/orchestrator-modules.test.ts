import { describe, expect, test } from 'vitest'
import { defineModule, need, use, type ModuleFault, type Orchestrator, type Usable } from './index.ts'
import { build, feature, follow, identity, last, trades } from './orchestrator.fixture.ts'
import { fixtures } from './testing/index.ts'

describe('modules', () => {
  const statuses = (orchestrator: Orchestrator) => Object.fromEntries(orchestrator.status().modules.map(({ name, status }) => [name, status]))
  test('run through their hooks, in plan order, and are gone after stop', async () => {
    const log: string[] = []
    const hooks = (name: string) => ({ init: () => void log.push(`${name} init`), start: async () => void log.push(`${name} start`), stop: () => void log.push(`${name} stop`), dispose: () => void log.push(`${name} dispose`) })
    const a = defineModule({ name: 'a', ...identity, scope: 'global', ...hooks('a') })
    const b = defineModule({ name: 'b', ...identity, scope: 'global', requires: { a: need('a', '^1') }, ...hooks('b') })
    const { orchestrator } = build([b, a])
    await orchestrator.run()
    await orchestrator.stop()
    await orchestrator.stop()
    expect(log).toEqual(['a init', 'b init', 'a start', 'b start', 'a stop', 'b stop', 'a dispose', 'b dispose'])
    expect(() => orchestrator.status()).toThrow('is not open')
  })
  test('a disabled one is missing, those that require it are blocked, and both come back', async () => {
    const { orchestrator } = build([last, follow])
    await orchestrator.run({ until: 20e6 })
    await orchestrator.disable('last')
    expect(statuses(orchestrator)).toEqual({ last: 'disabled', follow: 'blocked' })
    await orchestrator.run({ until: 25e6 })
    expect(orchestrator.getFeatures('BTC/USDT').values['last.price']).toBeNull()
    await orchestrator.enable('last')
    expect(statuses(orchestrator)).toEqual({ last: 'running', follow: 'running' })
    await orchestrator.run()
    expect(orchestrator.getFeatures('BTC/USDT').values['last.price']).not.toBeNull()
  })
  test('one that throws is restarted three times an event-hour, then off; the others do not notice', async () => {
    const bomb = defineModule({ name: 'bomb', ...identity, features: { seen: feature }, state: () => ({ n: 0 }), on: { trade(_, { state, features }) { if (++state.n === 10) throw new Error('ten'); features.seen = state.n } } })
    const run = async (modules: readonly Usable[]) => {
      const { orchestrator } = build(modules)
      const faults: ModuleFault[] = []
      const prices: unknown[] = []
      orchestrator.on('module:fault', (fault) => void faults.push(fault))
      orchestrator.onDecision(() => void prices.push(orchestrator.getFeatures('BTC/USDT').values['last.price' as never]))
      await orchestrator.run()
      return { orchestrator, faults, prices }
    }
    const { orchestrator, faults, prices } = await run([bomb, last])
    expect(faults.map(({ module, code, message }) => `${module} ${code} ${message}`)).toEqual(Array(4).fill('bomb module.threw ten'))
    expect(orchestrator.status().modules[0]).toMatchObject({ name: 'bomb', status: 'disabled', reason: 'faulted', faults: 4 })
    expect(prices).toEqual((await run([last])).prices)
  })
  test('a fault names the symbol whose event it was', async () => {
    const picky = defineModule({ name: 'picky', ...identity, on: { trade({ symbol }) { if (symbol === 'ETH/USDT') throw new Error('eth') } } })
    const both = [...trades(10), ...fixtures.trades('ETH/USDT', { count: 3, every: '1s' })]
    const { orchestrator } = build([picky], {}, both)
    const symbols: string[] = []
    orchestrator.on('module:fault', ({ symbol }) => void symbols.push(symbol))
    await orchestrator.run()
    expect(new Set(symbols)).toEqual(new Set(['ETH/USDT']))
  })
  test.each([
    ['writes out of its range', { on: { trade: (_: unknown, ctx: { features: { x: number } }) => void (ctx.features.x = 2e6) } }, 'module.range'],
    ['writes infinity', { on: { trade: (_: unknown, ctx: { features: { x: number } }) => void (ctx.features.x = -Infinity) } }, 'module.range'],
    ['predicts no distribution', { predict: () => ({ horizon: '1s', probabilities: { buy: 1, hold: 1, sell: 1 } }) }, 'module.prediction'],
    ['throws at init', { init() { throw new Error('no') } }, 'module.init'],
    ["emits another's topic", { on: { trade: (_: unknown, ctx: { emit(topic: string, payload: object): void }) => ctx.emit('cob:wall', {}) } }, 'module.threw'],
  ] as const)('one that %s is at fault', async (_, part, code) => {
    const bad = defineModule({ name: 'bad', ...identity, features: { x: feature }, ...(part as object) })
    const { orchestrator } = build([bad, last])
    const codes: string[] = []
    orchestrator.on('module:fault', (fault) => void codes.push(fault.code))
    const report = await orchestrator.run()
    expect(codes[0]).toBe(code)
    expect(report.decisions).toBe(149)
    expect(orchestrator.getFeatures('BTC/USDT').values['bad.x']).toBeNull()
  })
  test('are loaded and unloaded between inputs, with a new layout', async () => {
    const { orchestrator } = build([last])
    await orchestrator.run({ until: 20e6 })
    const { layoutId } = orchestrator.getFeatures('BTC/USDT')
    const loading = orchestrator.run({ until: 40e6 })
    await orchestrator.load(follow)
    await loading
    await orchestrator.load(use(last, {}, { id: 'again' }))
    await orchestrator.run({ until: 60e6 })
    const any = orchestrator as Orchestrator
    expect(any.getFeatures('BTC/USDT').layoutId).not.toBe(layoutId)
    expect(any.getFeatures('BTC/USDT').values['again.price']).toBe(any.getFeatures('BTC/USDT').values['last.price'])
    expect(orchestrator.getPredictions('BTC/USDT')).toHaveLength(1)
    await expect(orchestrator.load(follow)).rejects.toThrow('stands in the list twice')
    await expect(any.unload('last')).resolves.toBeUndefined() // 'again' meets the need
    await expect(any.unload('again')).rejects.toThrow("[module again] is needed by follow. Unload them first, or pass { cascade: true }.")
    await any.unload('again', { cascade: true })
    expect(any.status().modules).toEqual([])
    expect((await any.run()).decisions).toBe(149)
  })
})
