import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { importModule } from '@tapeloom/config'
import { baseline, definitionOf, Orchestrator, use, type Module, type Source, type Usable } from '@tapeloom/core'
import { candleSource, DataProvider } from '@tapeloom/data'
import { simulatedMarket } from '@tapeloom/data/sim'
import { describe, expect, test } from 'vitest'

const symbols = ['BTC/USDT', 'ETH/USDT'] as const
const folder = import.meta.dirname
const manifest = JSON.parse(readFileSync(`${folder}/../package.json`, 'utf8')) as { readonly dependencies: object }
const packages = Object.keys(manifest.dependencies).filter((name) => /module-|\/training$/.test(name))

/**
 * Modules that are installed here. One with a network also needs a runtime and files, and is no part of this; nor is a
 * package that has none yet.
 */
const modules: Module[] = [baseline]
for (const name of packages) {
  const found = await importModule(name, folder)
  if ('ok' in found) modules.push(...(definitionOf(found.ok).model === undefined ? [found.ok] : []))
  else if (found.code !== 'module.none') throw new Error(found.message)
}

/** Series of seconds, so that minutes of a market are enough to fill windows. */
const seconds: Readonly<Record<string, object>> = {
  correlation: { timeframe: '1s' },
  extrema: { timeframe: '1s', theta: 5 },
  'market-analysis': { timeframe: '1s' },
  pivot: { timeframes: ['1s'], levels: 3 },
}

/** Minutes of a walk, without trades and books. */
function minutes(seed: number) {
  let [close, word] = [60_000, seed]
  const next = () => (word = (word * 48_271) % 2_147_483_647) / 2_147_483_647
  return Array.from({ length: 400 }, (_, i) => {
    const open = close
    close = Math.round(open * (1 + 0.004 * (next() - 0.5)))
    const [high, low] = [Math.max(open, close) + Math.round(20 * next()), Math.min(open, close) - Math.round(20 * next())]
    return { openTime: i * 60e6, open, high, low, close, volume: 1 + Math.round(9 * next()) }
  })
}

const tapes: Readonly<Record<string, { readonly sources: () => Source[]; readonly use: (module: Module) => Usable }>> = {
  'trades and books': {
    sources: () => [simulatedMarket({ symbols, duration: '150s', seed: 7 })],
    use: (module) => use(module, seconds[module.name] ?? {}),
  },
  'candles alone': {
    sources: () => symbols.map((symbol, i) => candleSource(symbol, '1m', minutes(i + 1))),
    use: (module) => use(module),
  },
}

/** A run of some modules: of each a hash of its features at every decision and of its events, and how many values were there. */
async function run({ sources, use: used }: (typeof tapes)[string], together: readonly Module[]) {
  const data = new DataProvider({ sources: sources(), timeframes: ['1s', '1m', '5m'] })
  const orchestrator = new Orchestrator({ data, modules: together.map(used), seed: 3 })
  const hashes = new Map(together.map(({ name }) => [name, createHash('sha256')]))
  const present = new Map<string, number>()
  orchestrator.on('decision', ({ symbol }) => {
    for (const [column, value] of Object.entries(orchestrator.getFeatures(symbol).values)) {
      const name = column.slice(0, column.indexOf('.'))
      hashes.get(name)?.update(`${symbol} ${column} ${value}\n`)
      if (value !== null) present.set(name, (present.get(name) ?? 0) + 1)
    }
  })
  const faults: string[] = []
  orchestrator.on('module:fault', ({ module, code, message }) => faults.push(`${module} ${code} ${message}`))
  await orchestrator.run()
  const status = orchestrator.status().modules.map(({ name, status: now }) => `${name} ${now}`)
  await orchestrator.stop()
  return { faults, status, present, hash: (name: string) => hashes.get(name)?.copy().digest('hex') }
}

const isHappy = ({ faults, status }: Awaited<ReturnType<typeof run>>) =>
  faults.length === 0 && status.every((one) => / (running|warming)$/.test(one))
const needs = (one: Module, other: Module) =>
  Object.values(definitionOf(one).requires ?? {}).some((need) => (need as { readonly module: string }).module === other.name)

describe.each(Object.keys(tapes))('on %s', (name) => {
  const tape = tapes[name] as (typeof tapes)[string]
  const alone = new Map<string, Awaited<ReturnType<typeof run>>>()

  test('each module runs alone, and any two run together, each as if it were alone', { timeout: 240_000 }, async () => {
    for (const module of modules) {
      const one = await run(tape, [module])
      expect([module.name, one.faults, isHappy(one)]).toEqual([module.name, [], true])
      alone.set(module.name, one)
    }
    const pairs = modules.flatMap((one, i) => modules.slice(i + 1).map((other) => [one, other] as const))
    expect(pairs).toHaveLength((modules.length * (modules.length - 1)) / 2)
    for (const pair of pairs) {
      const names = pair.map((module) => module.name).join(' and ')
      const both = await run(tape, pair)
      expect([names, both.faults, both.status, isHappy(both)]).toEqual([names, [], both.status, true])
      const free = ([pair, pair.toReversed()] as [Module, Module][]).filter(([one, other]) => !needs(one, other)).map(([one]) => one.name)
      expect([names, ...free.map((each) => both.hash(each))]).toEqual([names, ...free.map((each) => alone.get(each)?.hash(each))])
    }
    const silent = modules.map((module) => module.name).filter((each) => !alone.get(each)?.present.get(each))
    expect(silent).toEqual(modules.map((module) => module.name).filter((each) => isSilent(name, each)))
  })
})

/** Whether a module can say nothing there: it has no features, hears trades or books only, or needs half an hour. */
const isSilent = (tape: string, name: string) =>
  ['training', 'baseline'].includes(name) ||
  (tape === 'candles alone' ? ['cob', 'microstructure', 'burst'] : ['multi-timeframe']).includes(name)

test('a module that another one serves does differ: the comparison sees it', async () => {
  const tape = tapes['trades and books'] as (typeof tapes)[string]
  const [burst, cob] = ['burst', 'cob'].map((name) => modules.find((module) => module.name === name) as Module) as [Module, Module]
  const [alone, served] = [await run(tape, [burst]), await run(tape, [burst, cob])]
  expect(served.hash('burst')).not.toBe(alone.hash('burst'))
  expect(served.present.get('burst')).toBeGreaterThan(alone.present.get('burst') ?? NaN)
})

test('every module package of the demo is among them', () => {
  expect(packages.length).toBeGreaterThanOrEqual(9)
  expect(modules.map(({ name }) => name)).toEqual(expect.arrayContaining(['baseline', 'burst', 'cob', 'pivot', 'training']))
})
