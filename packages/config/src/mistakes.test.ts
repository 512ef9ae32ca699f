import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TapeloomError } from '@tapeloom/core'
import { checkConfig } from './check-config.ts'
import { moduleText, projectFolder } from './config-fixture.ts'
import { ConfigurableOrchestrator } from './configurable-orchestrator.ts'

/** Code and message of every mistake in a file, beside which others lie. */
async function mistakesOf(text: string, files: Readonly<Record<string, string>> = {}, installed: readonly string[] = []): Promise<readonly string[]> {
  const folder = projectFolder({ 'c.yaml': text, ...files }, installed)
  const { plan, errors } = await checkConfig(join(folder, 'c.yaml'), { variables: {} })
  expect(plan === undefined).toBe(errors.length > 0)
  return errors.map(({ code, message }) => `${code} ${message.replaceAll(`${folder}/`, '').replaceAll(folder, 'here')}`)
}

test('all mistakes are told at once, in the order of the text, each with its place and the nearest name', async () => {
  const text = `orchestrator:
  type: configurabel
  modules:
    - cob_modul
    - { use: pivot_analysis_module, options: { spam: 3, levels: 99, tie: firts } }
    - pivot
    - { us: x }
    - pivot_analysis_module
    - 17
  sed: 4
  seed: -1
  mode:
  thresholds: { open: 0.1, close: 0.2 }
data: { sources: [{ sim: { symbols: [BTCUSDT], duration: 10m5 } }, { sim: 1, parquet: [] }, 3], timeframes: 1m }
dta: 1
`
  expect(await mistakesOf(text, {}, ['module-pivot'])).toEqual([
    "config.value [c.yaml:2:9] 'orchestrator.type' is 'configurabel'. Give basic or configurable. Did you mean 'configurable'?",
    "module.unknown [c.yaml:4:7] module 'cob_modul' is neither known nor installed. Did you mean 'cob_module'?",
    "option.unknown [c.yaml:5:48] module pivot has no option 'spam'. Did you mean 'span'?",
    "option.value [c.yaml:5:65] module pivot option 'levels' is 99. Give a whole number from 1 to 8.",
    "option.value [c.yaml:5:74] module pivot option 'tie' is \"firts\". Give one of first, strict, last. Did you mean 'first'?",
    "module.unknown [c.yaml:6:7] module 'pivot' is neither known nor installed. Did you mean 'pivot_analysis_module'?",
    "config.missing [c.yaml:7:7] 'orchestrator.modules[3]' has no 'use'. Give an alias, a package or a path.",
    "config.key [c.yaml:7:9] 'us' is no key here. Did you mean 'use'?",
    "module.duplicate [c.yaml:8:7] module id 'pivot' stands at c.yaml:5:14 already. Give this one another: { use: …, id: pivot-2 }.",
    "config.value [c.yaml:9:7] 'orchestrator.modules[5]' is 17. Give an alias, a package, a path, or { use, id, options, enabled }.",
    "config.key [c.yaml:10:3] 'sed' is no key here. Did you mean 'seed'?",
    "config.value [c.yaml:11:9] 'orchestrator.seed' is -1. Give a whole number from 0.",
    "config.value [c.yaml:13:15] 'orchestrator.thresholds' is a mapping. Give a close below the open.",
    "config.value [c.yaml:14:38] 'data.sources[0].sim.symbols[0]' is 'BTCUSDT'. Give a symbol such as 'BTC/USDT'.",
    "config.value [c.yaml:14:58] 'data.sources[0].sim.duration' is '10m5'. Give a duration such as '5s'.",
    "config.value [c.yaml:14:75] 'data.sources[1].sim' is 1. Give a mapping of symbols, duration, seed, predictability, venues.",
    "config.value [c.yaml:14:93] 'data.sources[2]' is 3. Give { live: … }, { sim: … }, { parquet: files }, { capture: files } or ./file.ts#name.",
    "config.value [c.yaml:14:109] 'data.timeframes' is '1m'. Give a list of timeframes such as '1m'.",
    "config.key [c.yaml:15:1] 'dta' is no key here. Did you mean 'data'?",
  ])
})

test('broken YAML is told once, at its line and column; keys that stand twice beside it', async () => {
  expect(await mistakesOf('orchestrator:\n  modules: [a, b\n  seed: 1\n')).toEqual([
    expect.stringMatching(/^config\.yaml \[c\.yaml:3:\d+\] is no valid YAML: .*Correct it there or just before\.$/),
  ])
  expect(await mistakesOf('orchestrator: {}\n\tdata: {}\n')).toEqual([expect.stringMatching(/^config\.yaml \[c\.yaml:2:1\] .*Tabs/)])
  expect(await mistakesOf('orchestrator: { modules: [] }\norchestrator: { modules: [] }\n')).toEqual([
    expect.stringMatching(/^config\.yaml \[c\.yaml:2:1\] is no valid YAML: Map keys must be unique\. /),
  ])
  expect(await mistakesOf('orchestrator: { modules: [], seed: ${N} }\n')).toEqual([expect.stringContaining("Quote it: '${NAME}' in braces or brackets.")])
})

test('a text that is no configuration is told as what it is', async () => {
  expect(await mistakesOf('')).toEqual(["config.empty [c.yaml] is empty. Begin with 'orchestrator:' and its modules."])
  expect(await mistakesOf('- a\n')).toEqual(["config.empty [c.yaml:1:1] is no mapping. Begin with 'orchestrator:' and its modules."])
  expect(await mistakesOf('data: {}\n')).toEqual([expect.stringMatching(/^config\.missing \[c\.yaml:1:1\] the configuration has no 'orchestrator'\. /)])
  expect(await mistakesOf('orchestrator:\n  modules:\n')).toEqual(["config.missing [c.yaml:2:3] 'orchestrator' has no 'modules'. Give a list of modules."])
  expect(await mistakesOf('a: &a [*a]\n')).toContain("config.alias [c.yaml:1:8] '*a' stands inside of its own anchor. Write the value out.")
  const bomb = ['a: &a [1,1,1,1,1,1,1,1,1,1]', ...'bcdef'.split('').map((name, i) => `${name}: &${name} [${`*${'abcde'[i]},`.repeat(10)}]`)].join('\n')
  expect((await mistakesOf(bomb)).at(-1)).toContain('has more than 20000 values')
})

test('a file that is not there, or is a folder, is told', async () => {
  const { errors: [missing] } = await checkConfig('/no/such/tapeloom.yaml')
  expect(missing).toMatchObject({ code: 'config.file', message: '[/no/such/tapeloom.yaml] this file does not exist. Check the path.' })
  const { errors: [folder] } = await checkConfig('/')
  expect(folder?.message).toBe('[/] this file is a folder. Check the path.')
})

test('what a package or file does not hold is told where it was named', async () => {
  const files = {
    'none.ts': 'export const x = 1', 'several.ts': moduleText('one') + moduleText('two').replace(/^import .*$/m, ''), 'breaks.ts': 'export const x = y',
    'needs.ts': "import 'not-there'", 'sound.ts': moduleText('sound'),
  }
  const list = ['./none.ts', './several.ts', './several.ts#oen', './breaks.ts', './gone.ts', 'unheard-of', 'Not A Name', './sound.ts#sund', '"@tapeloom/module-pivott"']
  const found = await mistakesOf(`orchestrator:\n  modules:\n${list.map((name) => `    - ${name}\n`).join('')}`, files)
  expect(found).toEqual([
    "module.none [c.yaml:3:7] './none.ts' exports no module. Export what defineModule returns.",
    "module.several [c.yaml:4:7] './several.ts' exports 2 modules. Pick one: ./several.ts#one, ./several.ts#two.",
    "module.export [c.yaml:5:7] './several.ts#oen' exports no module 'oen'. Did you mean 'one'?",
    "module.import [c.yaml:6:7] './breaks.ts' cannot be imported: y is not defined. Correct it.",
    "module.file [c.yaml:7:7] file './gone.ts' does not exist in here. Check the path; it is relative to the configuration.",
    "module.not-installed [c.yaml:8:7] package 'unheard-of' is not installed. Run: npm i unheard-of",
    expect.stringMatching(/^module\.unknown \[c\.yaml:9:7\] 'Not A Name' names no module\. Write an alias \(cob_module, /),
    "module.export [c.yaml:10:7] './sound.ts#sund' exports no module 'sund'. Did you mean 'sound'?",
    "module.unknown [c.yaml:11:7] module '@tapeloom/module-pivott' is neither known nor installed. Did you mean '@tapeloom/module-pivot'?",
  ])
})

test('errors of the graph stand where the module was named; one that follows from another is not told', async () => {
  const requires = (name: string, range = '^1') => `requires: { ${name}: { module: '${name}', range: '${range}', features: ['seen'], optional: false } },`
  const files = { 'a.ts': moduleText('a', requires('b', '^2')), 'b.ts': moduleText('b'), 'c.ts': moduleText('c', requires('d')), 'e.ts': moduleText('e', requires('cob')) }
  expect(await mistakesOf('orchestrator:\n  modules: [./a.ts, ./b.ts, ./c.ts, ./e.ts, cob_module]\n', files)).toEqual([
    "module.version [c.yaml:2:13] module a requires 'b' ^2, found 1.2.0. Install @tapeloom/module-b@2 or a newer a.",
    "module.missing [c.yaml:2:29] module c requires 'd' ^1, which is not in the list. Did you mean 'a'? Add it to the modules (npm i @tapeloom/module-d).",
    "module.not-installed [c.yaml:2:45] 'cob_module' is @tapeloom/module-cob, which is not installed. Run: npm i @tapeloom/module-cob",
  ])
})

test('sources and stores that cannot be are told where they were named', async () => {
  const text = `orchestrator: { modules: [], nothing: 1 }
data:
  sources:
    - { sim: { symbols: [], duration: 10s } }
    - { parquet: [a.parquet, b_BTCUSDT_1m_x_y.parquet] }
    - { parquet: gone.parquet }
    - { capture: [x.txt.gz] }
    - ./own.ts
    - ./own.ts#nothing
    - { use: ./own.ts#made, options: 3 }
    - { use: ./gone.ts }
    - { sim: { symbols: [BTC/USDT], duration: 10s }, parquet: [a.parquet] }
  store: away/x.duckdb
`
  const files = { 'own.ts': 'export const made = (x) => x\nexport const other = 1', 'b_BTCUSDT_1m_x_y.parquet': '' }
  expect(await mistakesOf(text.replace(/^.*parquet: \[a.parquet\] \}\n/m, ''), files)).toEqual([
    "config.key [c.yaml:1:30] 'nothing' is no key here. Known: type, modules, seed, boundary, mode, policy, weights, thresholds, snapshotEvery.",
    "sim.symbols [c.yaml:4:7] simulatedMarket: symbols '' are none, or not distinct. Name each once.",
    "source.missing [c.yaml:5:19] file 'a.parquet' does not exist in here. Check the path; it is relative to the configuration.",
    "source.missing [c.yaml:6:18] file 'gone.parquet' does not exist in here. Check the path; it is relative to the configuration.",
    expect.stringContaining('[c.yaml:7:18] '), expect.stringContaining('[c.yaml:7:19] '),
    "source.export [c.yaml:8:7] './own.ts' exports 2 things. Pick one: ./own.ts#made, ./own.ts#other.",
    "source.export [c.yaml:9:7] './own.ts#nothing' has no source 'nothing'. Export what defineSource returns, or a function that returns it.",
    "source.export [c.yaml:10:14] './own.ts#made' has no source 'made'. Export what defineSource returns, or a function that returns it.",
    "source.file [c.yaml:11:14] file './gone.ts' does not exist in here. Check the path; it is relative to the configuration.",
    "store.directory [c.yaml:12:10] the folder of 'away/x.duckdb' does not exist. Make it, or choose another path.",
    'module.not-installed [c.yaml:12:10] what stands here needs @tapeloom/store-duckdb, which is not installed. Run: npm i @tapeloom/store-duckdb',
  ])
  expect((await mistakesOf(text, files)).slice(1)).toEqual([
    "config.value [c.yaml:12:7] 'data.sources[8]' is a mapping. Give one of { live: … }, { sim: … }, { parquet: files }, { capture: files } or ./file.ts#name.",
  ])
})

test('load throws what check tells: one error as it is, several as one with the list as cause', async () => {
  const folder = projectFolder({ 'one.yaml': 'orchestrator: { modules: [], sed: 1 }', 'two.yaml': 'orchestrator: { modules: [], sed: 1, mod: live }' })
  const one = await ConfigurableOrchestrator.load(join(folder, 'one.yaml')).catch((error: unknown) => error)
  expect(one).toBeInstanceOf(TapeloomError)
  expect(one).toMatchObject({ code: 'config.key', position: { line: 1, column: 30 } })
  const two = (await ConfigurableOrchestrator.load(join(folder, 'two.yaml')).catch((error: unknown) => error)) as TapeloomError
  expect(two.code).toBe('config.invalid')
  expect((two.cause as readonly TapeloomError[]).map(({ position }) => position)).toEqual([{ line: 1, column: 30 }, { line: 1, column: 38 }])
})

test('names that every object has are no aliases, no variables and no options', async () => {
  const text = `orchestrator:
  modules:
    - constructor
    - { use: pivot_analysis_module, options: { toString: 1, __proto__: { levels: 2 } } }
  weights: { __proto__: 1 }
  __proto__: { seed: 3 }
data: { store: './\${constructor}.duckdb' }
`
  expect(await mistakesOf(text, {}, ['module-pivot', 'store-duckdb'])).toEqual([
    "module.not-installed [c.yaml:3:7] package 'constructor' is not installed. Run: npm i constructor",
    "option.unknown [c.yaml:4:48] module pivot has no option 'toString'. Remove it.",
    "option.unknown [c.yaml:4:61] module pivot has no option '__proto__'. Remove it.",
    expect.stringMatching(/^config\.key \[c\.yaml:6:3\] '__proto__' is no key here/),
    "config.variable [c.yaml:7:16] '${constructor}' is not set in the environment. Set the variable constructor.",
  ])
  expect(({} as Record<string, unknown>)['seed']).toBeUndefined()
})

test('a path that leads through a file is one of no file', async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [] }' })
  const { errors } = await checkConfig(join(folder, 'c.yaml/x.yaml'))
  expect(errors).toMatchObject([{ code: 'config.file', message: expect.stringMatching(/does not exist\. Check the path\.$/) }])
})

test('the value of a variable is not told by an error of a source, its export, or a module id', async () => {
  const text = `orchestrator:
  modules:
    - { use: ./low.ts, id: '\${KEY}' }
    - { use: ./low.ts, id: '\${KEY}' }
data:
  sources:
    - { use: './\${KEY}.ts#none' }
    - { use: './\${KEY}.ts#failing', options: { key: 'k \${KEY}' } }
    - { use: './\${KEY}.ts#refusing', options: { key: 'k \${KEY}' } }
`
  const own = `import { TapeloomError } from '@tapeloom/core'
export const failing = ({ key }) => { throw new Error('bad key ' + key) }
export const refusing = ({ key }) => { throw new TapeloomError('source.key', '[own] bad key ' + key + '. Get another.') }`
  const folder = projectFolder({ 'c.yaml': text, 'hunter2.ts': own, 'low.ts': moduleText('low') })
  const { errors } = await checkConfig(join(folder, 'c.yaml'), { variables: { KEY: 'hunter2' } })
  expect(errors.map(({ code, message }) => `${code} ${message.replaceAll(`${folder}/`, '')}`)).toEqual([
    "module.duplicate [c.yaml:4:14] module id '${KEY}' stands at c.yaml:3:14 already. Give this one another: { use: …, id: ${KEY}-2 }.",
    "source.export [c.yaml:7:14] './${KEY}.ts#none' has no source 'none'. Export what defineSource returns, or a function that returns it.",
    "source.failed [c.yaml:8:14] './${KEY}.ts#failing' failed: bad key k ${KEY}. Correct it or its options.",
    "source.key [c.yaml:9:7] own: bad key k ${KEY}. Get another.",
  ])
  for (const { stack, cause } of errors) expect(`${stack} ${(cause as Error | undefined)?.stack}`).not.toMatch(/bad key k hunter2|id 'hunter2|hunter2.ts#/)
})
