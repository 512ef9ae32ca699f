import { expect, test } from 'vitest'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { ConfigurableOrchestrator } from './configurable-orchestrator.ts'
import { moduleText, needing, projectFolder } from './config-fixture.ts'

const MINUTE = 60e6
/** By then the close of the minute is known. */
const LATER = 5e6

interface Written {
  readonly modules: string
  readonly weights?: string
  readonly more?: string
}
const text = ({ modules, weights = '{}', more = '' }: Written) =>
  `orchestrator: { modules: [${modules}], weights: ${weights}${more} }\ndata: { sources: [{ sim: { symbols: [BTC/USDT], duration: 10m, seed: 7 } }] }\n`

/** An orchestrator three minutes into its market, and how to change its file. */
async function underWay(modules: string, more = '') {
  const folder = projectFolder({
    'c.yaml': text({ modules, more }), 'low.ts': moduleText('low'), 'high.ts': moduleText('high', needing('low')), 'free.ts': moduleText('free'),
  })
  const file = join(folder, 'c.yaml')
  const orchestrator = await ConfigurableOrchestrator.load(file)
  const commands: string[] = []
  orchestrator.on('module:status', ({ module, status }) => void commands.push(`${module} ${status}`))
  await orchestrator.run({ until: 3 * MINUTE + LATER })
  commands.length = 0
  const apply = (written: Written, options = {}) => {
    writeFileSync(file, text(written))
    return orchestrator.apply(file, options)
  }
  const seen = async (minutes: number) => {
    await orchestrator.run({ until: minutes * MINUTE + LATER })
    const { values } = orchestrator.getFeatures('BTC/USDT')
    return Object.fromEntries(Object.entries(values))
  }
  return { orchestrator, apply, seen, commands }
}

test('an equal configuration changes nothing', async () => {
  const { apply, seen, commands } = await underWay('./low.ts, ./high.ts, ./free.ts')
  const plan = await apply({ modules: './low.ts, ./high.ts, ./free.ts' })
  expect(plan.modules.map(({ id }) => id)).toEqual(['low', 'high', 'free'])
  expect(commands).toEqual([])
  expect(await seen(4)).toEqual({ 'low.seen': 4, 'high.seen': 4, 'free.seen': 4 })
})

test('a module that comes starts anew, one that goes takes its columns along, the others keep their state', async () => {
  const { apply, seen, orchestrator } = await underWay('./low.ts')
  await apply({ modules: './low.ts, ./free.ts' })
  expect(await seen(5)).toEqual({ 'low.seen': 5, 'free.seen': 2 })
  const plan = await apply({ modules: './free.ts' })
  expect(plan.modules.map(({ id }) => id)).toEqual(['free'])
  expect(orchestrator.plan).toBe(plan)
  expect(plan).toMatchObject({ sources: ['sim'], store: 'memory' })
  expect(await seen(6)).toEqual({ 'free.seen': 3 })
})

test('a switch is one command and keeps the state', async () => {
  const { apply, seen, commands } = await underWay('./low.ts, ./free.ts')
  await apply({ modules: './low.ts, { use: ./free.ts, enabled: false }' })
  expect(commands).toEqual(['free disabled'])
  expect(await seen(4)).toEqual({ 'low.seen': 4, 'free.seen': null })
  await apply({ modules: './low.ts, ./free.ts' })
  expect((await seen(5))['low.seen']).toBe(5)
  expect(commands).toContain('free running')
})

test('a module with other options is loaded anew, and so is what needs it', async () => {
  const { apply, seen } = await underWay('./low.ts, ./high.ts, ./free.ts')
  const plan = await apply({ modules: '{ use: ./low.ts, options: { span: 5 } }, ./high.ts, ./free.ts' })
  expect(plan.modules.find(({ id }) => id === 'low')?.options).toEqual({ span: 5 })
  expect(await seen(4)).toEqual({ 'low.seen': 1, 'high.seen': 1, 'free.seen': 4 })
})

test('an option written out with its default is no change', async () => {
  const { apply, seen } = await underWay('./low.ts')
  await apply({ modules: '{ use: ./low.ts, options: { span: 2 } }' })
  expect(await seen(4)).toEqual({ 'low.seen': 4 })
})

test('what others need does not go alone, unless they go with it', async () => {
  const { apply, seen } = await underWay('./low.ts, ./high.ts, ./free.ts')
  await expect(apply({ modules: './high.ts, ./free.ts' })).rejects.toMatchObject({ code: 'module.missing' })
  expect(await seen(4)).toEqual({ 'low.seen': 4, 'high.seen': 4, 'free.seen': 4 })
  const plan = await apply({ modules: './high.ts, ./free.ts' }, { cascade: true })
  expect(plan.modules.map(({ id }) => id)).toEqual(['free'])
  expect(plan.warnings).toHaveLength(1)
  expect(await seen(5)).toEqual({ 'free.seen': 5 })
})

test('weights are set without touching modules', async () => {
  const { apply, orchestrator } = await underWay('./low.ts, baseline')
  await apply({ modules: './low.ts, baseline', weights: '{ baseline: 3 }' })
  await orchestrator.run({ until: 4 * MINUTE + LATER })
  expect(orchestrator.models()).toMatchObject([{ name: 'baseline', weight: 3 }])
  await apply({ modules: './low.ts, baseline' })
  expect(orchestrator.models()).toMatchObject([{ name: 'baseline', weight: 1 }])
})

test('a mistake, or a change of what is fixed, changes nothing at all', async () => {
  const { apply, seen } = await underWay('./low.ts')
  await expect(apply({ modules: './free.ts, ./lo.ts' })).rejects.toMatchObject({ code: 'module.file' })
  await expect(apply({ modules: './free.ts', more: ', seed: 9' })).rejects.toMatchObject({ code: 'config.fixed', position: { line: 1, column: 58 } })
  expect(await seen(4)).toEqual({ 'low.seen': 4 })
})

test('a basic configuration does not change while it runs', async () => {
  const { apply } = await underWay('./low.ts', ', type: basic')
  await expect(apply({ modules: '' })).rejects.toMatchObject({ code: 'config.basic' })
})

test('a change while it runs takes its place between two inputs', async () => {
  const state = globalThis as { isApplied?: boolean }
  state.isApplied = false
  const folder = projectFolder({
    'c.yaml': 'orchestrator: { modules: [./low.ts] }\ndata: { sources: [./own.ts] }',
    'd.yaml': 'orchestrator: { modules: [./low.ts, ./free.ts] }\ndata: { sources: [./own.ts] }',
    'low.ts': moduleText('low'), 'free.ts': moduleText('free'),
    'own.ts': `
import { defineSource, instrument } from '@tapeloom/core'
export const own = defineSource({
  name: 'own', instruments: [instrument('BTC/USDT', { venue: 'own', tickSize: '1', lotSize: '1' })],
  async *events() { // goes on until the change is done, and a little longer
    for (let i = 0, more = 3; more > 0; i++) {
      if (globalThis.isApplied) more--
      yield Array.from({ length: 1100 }, (_, j) => ({ kind: 'candle', symbol: 'BTC/USDT', timeframe: '1m', tsEvent: (1100 * i + j + 1) * 60e6, openTime: (1100 * i + j) * 60e6, open: 1, high: 1, low: 1, close: 1, volume: 1 }))
      await new Promise((resolve) => setImmediate(resolve))
    }
  },
})
`,
  })
  const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'c.yaml'))
  let applied: Promise<unknown> | undefined
  orchestrator.on('candle:close', () => void (applied ??= orchestrator.apply(join(folder, 'd.yaml')).finally(() => (state.isApplied = true))))
  const { events } = await orchestrator.run()
  await applied
  const { values } = orchestrator.getFeatures('BTC/USDT')
  expect(values['low.seen']).toBe(events.candle)
  expect(values['free.seen']).toBeGreaterThan(0)
  expect(values['free.seen']).toBeLessThan(events.candle)
})
