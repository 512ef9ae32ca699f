import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { baseline } from '../baseline.ts'
import { defineModule } from '../module/define.ts'
import { option } from '../module/option.ts'
import type { MarketInput } from '../ports/source.ts'
import { fixtures, testModule } from './index.ts'
import { facts, untrue } from './untrue-facts.ts'

const identity = { version: '1.0.0', core: '*' }
const value = { rev: 1, unit: 'score', range: [-1e9, 1e9], description: '.' } as const

describe('modules of every kind pass', () => {
  testModule(baseline, {
    test,
    events: fixtures.candles('BTC/USDT', '1m', { count: 1500 }),
    needs: { cob: { imbalance5: 0.5 } },
  })

  const ladder = defineModule({
    name: 'ladder',
    ...identity,
    options: { levels: option.integer({ default: 3, min: 1, max: 5 }) },
    features: { bids: { ...value, size: 5 }, mid: value },
    every: { book: '300ms' },
    warmup: { live: '1s' },
    on: {
      book(book, { features, options, book: reader }) {
        features.bids.fill(NaN)
        book.depth('bid', options.levels, features.bids, new Float64Array(5))
        features.mid = reader.midPrice
      },
    },
  })
  testModule(ladder, { test, events: fixtures.book('BTC/USDT', { count: 2500 }), options: { levels: 2 } })

  const pair = defineModule({
    name: 'pair',
    ...identity,
    scope: 'global',
    features: { ratio: value },
    state: (): { prices: Record<string, number> } => ({ prices: {} }),
    on: {
      trade({ symbol, price }, { state, symbols, of }) {
        state.prices[symbol] = price
        for (const other of symbols)
          if (other !== symbol) of(symbol).features.ratio = price / (state.prices[other] ?? NaN)
      },
    },
  })
  const [one, two] = [
    fixtures.trades('BTC/USDT', { count: 1000 }),
    fixtures.trades('ETH/USDT', { count: 1000, seed: 2 }),
  ]
  testModule(pair, { test, events: [...one, ...two] })

  const dice = defineModule({
    name: 'dice',
    ...identity,
    features: { eye: value },
    state: () => ({ rolls: 0 }),
    init: async ({ state }) => void (state.rolls = 0),
    on: { trade: (_trade, { features, random, state }) => void (features.eye = ++state.rolls + random.integer(6)) },
  })
  testModule(dice, { test, events: one })
})

test('every fact is found false of some planted defect', () => {
  const files = ['defects-in-order', 'defects-in-values', 'golden', 'test-module'].map((name) => readFileSync(join(import.meta.dirname, `${name}.test.ts`), 'utf8'))
  const found = files.join('').matchAll(/(?:toContain|toEqual|arrayContaining)\((?:\[[^\]]*)?facts\.(\w+)/g)
  expect(new Set(Array.from(found, ([, name]) => name))).toEqual(new Set(Object.keys(facts)))
})

test('the batch of a global module is compared symbol by symbol, and one that differs for one symbol is found', async () => {
  const last = defineModule({
    name: 'last',
    ...identity,
    scope: 'global',
    features: { price: value },
    on: { trade: ({ symbol, price }, { of }) => void (of(symbol).features.price = price) },
  })
  const tape = [...fixtures.trades('BTC/USDT', { count: 100 }), ...fixtures.trades('ETH/USDT', { count: 100, seed: 2 })]
  const priceOf = (events: readonly MarketInput[], of: string) => {
    const trade = events.filter((event) => event.symbol === of).at(-1)
    return trade?.kind === 'trade' ? Number(trade.price) : null
  }
  const batch = (events: readonly MarketInput[], _options: unknown, symbol: string) => ({ price: priceOf(events, symbol) })
  const ofFirst = (events: readonly MarketInput[]) => ({ price: priceOf(events, 'BTC/USDT') })
  expect(await untrue(last, tape, { batch, only: facts.batch })).toEqual([])
  expect(await untrue(last, tape, { batch: ofFirst, only: facts.batch })).toEqual([facts.batch])
})

test('a batch gives the columns of a list one by one, and no others', async () => {
  const last = defineModule({
    name: 'last',
    ...identity,
    features: { two: { ...value, size: 2 } },
    on: { trade: ({ price }, { features }) => void features.two.set([price, features.two[0] ?? NaN]) },
  })
  const tape = fixtures.trades('BTC/USDT', { count: 100 })
  const batchOf = (first: string, distance: number) => (events: readonly MarketInput[]) => {
    const prices = events.map((event) => (event.kind === 'trade' ? Number(event.price) : NaN))
    return { [first]: prices.at(-1) ?? null, two1: prices.at(-distance) ?? null }
  }
  expect(await untrue(last, tape, { batch: batchOf('two0', 2), only: facts.batch })).toEqual([])
  expect(await untrue(last, tape, { batch: batchOf('two0', 3), only: facts.batch })).toEqual([facts.batch])
  expect(await untrue(last, tape, { batch: batchOf('two', 2), only: facts.batch })).toEqual([facts.batch])
})

test('a symbol check is not asked of global modules, nor a warm-up of those that declare none', () => {
  const names = (module: Parameters<typeof testModule>[0]) => {
    const found: string[] = []
    testModule(module, {
      test: (name: string) => found.push(name),
      events: fixtures.trades('BTC/USDT', { count: 1 }),
    } as never)
    return found
  }
  const of = (scope: 'global' | 'symbol', warm: boolean) =>
    names(defineModule({ name: 'x', ...identity, scope, ...(warm && { warmup: { trades: '1s' } as const }) }))
  expect(of('symbol', true)).toHaveLength(12)
  expect(of('symbol', false)).toHaveLength(11)
  expect(of('global', false)).toHaveLength(10)
})
