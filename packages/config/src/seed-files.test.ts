import { join } from 'node:path'
import { simulatedMarket } from '@tapeloom/data/sim'
import { expect, test } from 'vitest'
import { checkConfig } from './check-config.ts'
import { projectFolder } from './config-fixture.ts'
import { ConfigurableOrchestrator } from './configurable-orchestrator.ts'
import { moduleAliases } from './module-aliases.ts'
import { importModule } from './module-import.ts'

const basic = 'orchestrator:\n  type: basic\n  modules: []\n'
const configurable = `orchestrator:
  type: configurable
  modules:
    - cob_module
    - neural_fusion_module
    - market_analysis_module
    - pivot_analysis_module
`
const training = `orchestrator:
  type: configurable
  modules:
    - market_analysis_module
    - extrema_module
    - training_module
`
const market = () => simulatedMarket({ symbols: ['BTC/USDT'], duration: '3m', seed: 1 })
const built = ['cob', 'correlation', 'extrema', 'market-analysis', 'microstructure', 'multi-timeframe', 'pivot']
const installed = [...built.map((name) => `module-${name}`), 'training']

test('each of the nine module names stands for a package, and those that are built load', async () => {
  const names = {
    cob_module: 'cob', market_analysis_module: 'market-analysis', multi_timeframe_module: 'multi-timeframe',
    pivot_analysis_module: 'pivot', extrema_module: 'extrema', microstructure_module: 'microstructure',
    correlation_module: 'correlation', training_module: 'training',
  }
  const folder = projectFolder({}, installed)
  for (const [alias, name] of Object.entries(names)) {
    expect(moduleAliases[alias]).toMatch(/^@tapeloom\/(module-[a-z-]+|training)$/)
    expect(await importModule(alias, folder)).toMatchObject({ ok: { name } })
  }
  expect(await importModule('neural_fusion_module', folder)).toMatchObject({
    code: 'module.not-installed', message: expect.stringMatching(/Run: npm i @tapeloom\/module-fusion$/) as string,
  })
})

test('the basic file runs as it stands', async () => {
  const folder = projectFolder({ 'a.yaml': basic })
  const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'a.yaml'))
  expect(await orchestrator.run()).toMatchObject({ decisions: 0 })
  await orchestrator.stop()
})

test('the configurable file names the one package that is not installed; with the policy skip the others run', async () => {
  const folder = projectFolder({ 'a.yaml': configurable, 'b.yaml': `${configurable}  policy: skip\n` }, installed)
  const { errors } = await checkConfig(join(folder, 'a.yaml'))
  expect(errors.map(({ message }) => message.replace(`${folder}/`, ''))).toEqual([
    "[a.yaml:5:7] 'neural_fusion_module' is @tapeloom/module-fusion, which is not installed. Run: npm i @tapeloom/module-fusion",
  ])
  const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'b.yaml'), { sources: [market()] })
  expect(orchestrator.plan.modules.map(({ id }) => id)).toEqual(['cob', 'market-analysis', 'pivot'])
  expect(orchestrator.plan.warnings).toHaveLength(1)
  const { events } = await orchestrator.run()
  expect(events.book).toBeGreaterThan(100)
  expect(orchestrator.status().modules.map(({ name, faults }) => [name, faults])).toEqual([['cob', 0], ['market-analysis', 0], ['pivot', 0]])
  expect(orchestrator.getFeatures('BTC/USDT').values['cob.spreadBps']).toBeGreaterThan(0)
  await orchestrator.stop()
})

test('the training file loads as it stands, and runs over a market', async () => {
  const folder = projectFolder({ 'a.yaml': training }, installed)
  for (const sources of [[], [market()]]) {
    const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'a.yaml'), { sources })
    expect(orchestrator.plan.modules.map(({ id }) => id)).toEqual(['market-analysis', 'extrema', 'training'])
    const { decisions } = await orchestrator.run()
    expect(decisions).toBe(180 * sources.length)
    expect(orchestrator.status().modules.map(({ faults }) => faults)).toEqual([0, 0, 0])
    await orchestrator.stop()
  }
})
