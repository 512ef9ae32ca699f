import { expect, test } from 'vitest'
import { join } from 'node:path'
import { baseline } from '@tapeloom/core'
import { moduleText, needing, projectFolder } from './config-fixture.ts'
import { ConfigurableOrchestrator } from './configurable-orchestrator.ts'
import { checkConfig } from './check-config.ts'

const first = 'orchestrator:\n  type: basic\n  modules: []\n'
const second = 'orchestrator:\n  type: configurable\n  modules:\n    - cob_module\n    - neural_fusion_module\n    - market_analysis_module\n    - pivot_analysis_module\n'
const third = 'orchestrator:\n  type: configurable\n  modules:\n    - market_analysis_module\n    - extrema_module\n    - training_module\n'

test('the smallest file makes an orchestrator that runs to its end', async () => {
  const folder = projectFolder({ 'first.yaml': first })
  const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'first.yaml'))
  expect(orchestrator.plan).toEqual({ modules: [], sources: [], store: 'memory', warnings: [] })
  const { decisions, events } = await orchestrator.run()
  expect({ decisions, events }).toEqual({ decisions: 0, events: { trade: 0, book: 0, candle: 0 } })
  await orchestrator.stop()
})

test('of a list of aliases each that is not installed is told with its place and its command', async () => {
  const folder = projectFolder({ 'second.yaml': second, 'third.yaml': third }, ['module-cob', 'module-pivot', 'training'])
  const seen = async (name: string) => (await checkConfig(join(folder, name))).errors.map(({ message }) => message.replace(`${folder}/`, ''))
  expect(await seen('second.yaml')).toEqual([
    "[second.yaml:5:7] 'neural_fusion_module' is @tapeloom/module-fusion, which is not installed. Run: npm i @tapeloom/module-fusion",
    "[second.yaml:6:7] 'market_analysis_module' is @tapeloom/module-market-analysis, which is not installed. Run: npm i @tapeloom/module-market-analysis",
  ])
  expect(await seen('third.yaml')).toEqual([
    "[third.yaml:4:7] 'market_analysis_module' is @tapeloom/module-market-analysis, which is not installed. Run: npm i @tapeloom/module-market-analysis",
    "[third.yaml:5:7] 'extrema_module' is @tapeloom/module-extrema, which is not installed. Run: npm i @tapeloom/module-extrema",
  ])
})

test('aliases, options, ids and switches arrive in the plan, in the order of the start', async () => {
  const folder = projectFolder({
    'a.yaml': `
orchestrator:
  modules:
    - ./above.ts
    - baseline
    - { use: pivot_analysis_module, options: { span: 3 } }
    - { use: ./local.ts#below, enabled: false }
    - { use: '@tapeloom/module-pivot#pivot', id: wide, options: { span: 9, levels: 2 } }
`,
    'local.ts': moduleText('below') + moduleText('other').replace(/^import .*$/m, ''),
    'above.ts': moduleText('above', needing('below')),
  }, ['module-pivot'])
  const { plan, errors } = await checkConfig(join(folder, 'a.yaml'))
  expect(errors).toEqual([])
  expect(plan?.modules.map(({ id, package: from, version, enabled }) => [id, from, version, enabled])).toEqual([
    ['below', './local.ts', '1.2.0', false],
    ['above', './above.ts', '1.2.0', true],
    ['baseline', '@tapeloom/core', baseline.version, true],
    ['pivot', '@tapeloom/module-pivot', '1.0.0', true],
    ['wide', '@tapeloom/module-pivot', '1.0.0', true],
  ])
  expect(plan?.modules.slice(3).map(({ options: { span, levels, tie } }) => ({ span, levels, tie }))).toEqual([
    { span: 3, levels: 5, tie: 'first' }, { span: 9, levels: 2, tie: 'first' },
  ])
})

test('a simulated market, module settings and a seed of the caller decide the run', async () => {
  const folder = projectFolder({ 'a.yaml': `
orchestrator:
  modules: [baseline]
  boundary: 10s
  mode: lockstep
  weights: { baseline: 2 }
  thresholds: { open: 0.5, close: 0.2 }
data: { sources: [{ sim: { symbols: [BTC/USDT], duration: 60s } }], timeframes: [10s], priceVenue: { BTC/USDT: sim } }
` })
  const hashes: string[] = []
  for (const seed of [undefined, 1, 2]) {
    const orchestrator = await ConfigurableOrchestrator.load(join(folder, 'a.yaml'), seed === undefined ? {} : { seed })
    const { decisions, journalHash } = await orchestrator.run()
    expect(decisions).toBe(6)
    expect(orchestrator.models()).toMatchObject([{ name: 'baseline', weight: 2 }])
    hashes.push(journalHash)
    await orchestrator.stop()
  }
  expect(hashes[0]).toBe(hashes[1])
  expect(hashes[2]).not.toBe(hashes[0])
})

test('an object is as good as a file; relative paths start at the working folder', async () => {
  const { plan, errors } = await checkConfig({
    orchestrator: { modules: ['baseline', { use: 'baseline', id: 'again' }] }, data: { sources: [{ sim: { symbols: ['BTC/USDT'], duration: '1m' } }] },
  })
  expect(errors).toEqual([])
  expect(plan?.modules.map(({ id }) => id)).toEqual(['baseline', 'again'])
  const { errors: wrong } = await checkConfig({ orchestrator: { modules: ['./no.ts'], mode: 7 } })
  expect(wrong.map(({ message }) => message)).toEqual([
    "[config orchestrator.mode] 'orchestrator.mode' is 7. Give lockstep or live.",
    `[config orchestrator.modules[0]] file './no.ts' does not exist in ${process.cwd()}. Check the path; it is relative to the configuration.`,
  ])
})

test('an overlay changes what it names, replaces lists and leaves the rest', async () => {
  const folder = projectFolder({ 'a.yaml': `
orchestrator: { modules: [baseline], seed: 3 }
data: { sources: [{ sim: { symbols: [BTC/USDT], duration: 1m } }], store: memory }
environments:
  bare: { orchestrator: { modules: [] } }
  other: { data: { sources: [{ sim: { symbols: [ETH/USDT], duration: 1m } }, { sim: { symbols: [BTC/USDT], duration: 1m } }] } }
` })
  const planOf = async (environment?: string) => (await checkConfig(join(folder, 'a.yaml'), environment === undefined ? {} : { environment })).plan
  expect(await planOf()).toMatchObject({ modules: [{ id: 'baseline' }], sources: ['sim'] })
  expect(await planOf('bare')).toMatchObject({ modules: [], sources: ['sim'] })
  expect(await planOf('other')).toMatchObject({ modules: [{ id: 'baseline' }], sources: ['sim', 'sim'] })
  const { errors } = await checkConfig(join(folder, 'a.yaml'), { environment: 'othr' })
  expect(errors.map(({ message }) => message.replace(`${folder}/`, ''))).toEqual(["[a.yaml:5:3] has no environment 'othr'. Did you mean 'other'?"])
})

test('variables stand for text, and unquoted ones for numbers and truths; their values are told to nobody', async () => {
  const folder = projectFolder({ 'a.yaml': `
orchestrator:
  modules: [{ use: ./m.ts, options: { span: '\${WORD}' }, id: '\${WORD}' }]
  seed: \${SEED}
  weights: { a: '\${SEED}' }
data: { store: '\${ABSENT}' }
`, 'm.ts': moduleText('m') }, ['store-duckdb'])
  const variables = { WORD: 'hush-hush', SEED: '12' }
  const { errors } = await checkConfig(join(folder, 'a.yaml'), { variables })
  expect(errors.map(({ message }) => message.replace(`${folder}/`, ''))).toEqual([
    "[a.yaml:3:45] module ${WORD} option 'span' is '${WORD}'. Give a whole number from 1 to 9.",
    "[a.yaml:5:17] 'orchestrator.weights.a' is '${SEED}'. Give a number from 0.",
    "[a.yaml:6:16] '${ABSENT}' is not set in the environment. Set the variable ABSENT.",
  ])
  expect(JSON.stringify(errors)).not.toContain('hush')
})

test('only what is named is imported, and nothing when the text is broken', async () => {
  const shout = (name: string) => `globalThis.shouted = [...(globalThis.shouted ?? []), '${name}']\n${moduleText(name)}`
  const folder = projectFolder({
    'a.yaml': 'orchestrator: { modules: [./named.ts] }', 'broken.yaml': 'orchestrator: { modules: [./unread.ts }',
    'named.ts': shout('named'), 'unnamed.ts': shout('unnamed'), 'unread.ts': shout('unread'),
    'node_modules/tapeloom-module-loud/package.json': '{ "name": "tapeloom-module-loud", "type": "module", "exports": "./index.js" }',
    'node_modules/tapeloom-module-loud/index.js': shout('loud'),
  })
  await checkConfig(join(folder, 'broken.yaml'))
  expect((await checkConfig(join(folder, 'a.yaml'))).errors).toEqual([])
  expect((globalThis as { shouted?: readonly string[] }).shouted).toEqual(['named'])
})

test('a module that cannot be loaded is left out when the policy says so, alone or with what needs it', async () => {
  const text = (policy: string) => `orchestrator: { policy: ${policy}, modules: [cob_module, ./above.ts, ./free.ts] }`
  const folder = projectFolder({
    'skip.yaml': text('skip'), 'degrade.yaml': text('degrade'), 'fail.yaml': text('fail'),
    'above.ts': moduleText('above', `requires: { cob: { module: 'cob', range: '^1', features: [], optional: false } },`), 'free.ts': moduleText('free'),
  })
  const seen = async (name: string) => {
    const { plan, errors } = await checkConfig(join(folder, name))
    return { modules: plan?.modules.map(({ id }) => id), warnings: plan?.warnings.length, errors: errors.map(({ code }) => code) }
  }
  expect(await seen('fail.yaml')).toEqual({ modules: undefined, warnings: undefined, errors: ['module.not-installed'] })
  expect(await seen('skip.yaml')).toEqual({ modules: undefined, warnings: undefined, errors: ['module.missing'] })
  expect(await seen('degrade.yaml')).toEqual({ modules: ['free'], warnings: 2, errors: [] })
})
