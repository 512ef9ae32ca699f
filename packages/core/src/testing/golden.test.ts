import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineModule, type Module } from '../module/define.ts'
import { fixtures, testModule, type Golden } from './index.ts'
import { facts, identity, untrue, value } from './untrue-facts.ts'

const trades = fixtures.trades('BTC/USDT', { count: 300 })
/** Twice each price in one column, and from the tenth trade on `factor` times in another. */
const times = (factor: number, rev = 1, more = {}) =>
  defineModule({
    name: 'times',
    ...identity,
    features: { twice: value, scaled: { ...value, rev }, ...more },
    state: () => ({ n: 0 }),
    on: {
      trade({ price }, { state, features }) {
        features.twice = 2 * price
        if (++state.n > 9) features.scaled = factor * price
      },
    },
  }) as Module

let path: string
beforeEach(() => void (path = join(mkdtempSync(join(tmpdir(), 'tapeloom-golden-')), 'golden.json')))
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(join(path, '..'), { recursive: true })
})

/** What the golden check of a module says: undefined when it holds. */
async function said(module: Module, golden: string | Golden, mode = '', events = trades): Promise<string | undefined> {
  vi.stubEnv('TAPELOOM_GOLDEN', mode)
  const checks = new Map<string, () => void | Promise<void>>()
  testModule(module, { test: (name: string, run: () => void) => checks.set(name, run), events, golden } as never)
  try {
    await checks.get(`times: ${facts.golden}`)?.()
  } catch (error) {
    return (error as Error).message
  }
  return undefined
}

test('a golden is recorded when that is asked for, and compared from then on', async () => {
  expect(await said(times(3), path)).toMatch(/there is no golden at .*TAPELOOM_GOLDEN=record/)
  expect(await said(times(3), path, 'record')).toBeUndefined()
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden
  expect(golden.columns['scaled']).toMatchObject({ rev: 1 })
  expect(golden.columns['scaled']?.samples).toHaveLength(6)
  expect(golden.columns['twice']?.samples.at(-1)).toBe(2 * (golden.columns['scaled']?.samples.at(-1) ?? NaN) / 3)
  expect(await said(times(3), path)).toBeUndefined()
  expect(await said(times(3), golden)).toBeUndefined()
})

test('a value that changes needs a new rev, and is not recorded without', async () => {
  await said(times(3), path, 'record')
  const before = readFileSync(path, 'utf8')
  const message = /^\[module times\] scaled changed, but its rev is still 1: sample 0 is .*raise rev to 2/
  expect(await said(times(3.001), path)).toMatch(message)
  expect(await said(times(3.001), path, 'record')).toMatch(message)
  expect(readFileSync(path, 'utf8')).toBe(before)
  expect(await said(times(3.001, 2), path)).toContain('scaled has rev 2, the golden 1. Run the test once with TAPELOOM_GOLDEN=record')
  expect(await said(times(3.001, 2), path, 'record')).toBeUndefined()
  expect(await said(times(3.001, 2), path)).toBeUndefined()
  expect(await said(times(3.001), path, 'record')).toContain('a rev never falls')
})

test('columns that come and go are told, and recorded', async () => {
  await said(times(3), path, 'record')
  const wider = times(3, 1, { other: value })
  expect(await said(wider, path)).toContain('other is new')
  expect(await said(wider, path, 'record')).toBeUndefined()
  expect(await said(times(3), path)).toContain('other is no column any more')
})

test('a change between the samples shows in the means, one of the last bits does not', async () => {
  await said(times(3), path, 'record')
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden
  const { scaled } = golden.columns as { scaled: Golden['columns'][string] }
  const other = (by: number): Golden => ({ ...golden, columns: { ...golden.columns, scaled: { ...scaled, mean: scaled.mean * by } } })
  expect(await said(times(3), other(1 + 1e-7))).toMatch(/mean is/)
  expect(await said(times(3), other(1 + 1e-14))).toBeUndefined()
})

test('a golden is of one tape, and an object cannot be recorded', async () => {
  await said(times(3), path, 'record')
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden
  expect(await said(times(3), path, '', fixtures.trades('BTC/USDT', { count: 301 }))).toContain('of other events, options or needs')
  expect(await said(times(4, 2), golden, 'record')).toContain('give the path of a file')
  writeFileSync(path, JSON.stringify({ ...golden, columns: {} }))
  expect(await said(times(3), path)).toContain('twice is new, scaled is new')
})

test('the kit finds a value that changed without a new rev', async () => {
  await said(times(3), path, 'record')
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden
  expect(await untrue(times(3), trades, { golden })).toEqual([])
  expect(await untrue(times(3.1), trades, { golden })).toEqual([facts.golden])
})
