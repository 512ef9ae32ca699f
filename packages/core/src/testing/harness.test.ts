import { expect, test } from 'vitest'
import { defineModule } from '../module/define.ts'
import { need } from '../module/need.ts'
import { option } from '../module/option.ts'
import type { MarketInput } from '../ports/source.ts'
import { fixtures, harness } from './index.ts'

declare module '@tapeloom/core' {
  interface EventMap {
    'probe:seen': { readonly price: number }
  }
}
const identity = { version: '1.0.0', core: '*' }
const value = { rev: 1, unit: 'score', range: [-1e9, 1e9], description: '.' } as const

const probe = defineModule({
  name: 'probe',
  ...identity,
  options: { by: option.number({ default: 1 }) },
  features: { last: value, spread: value, closes: value, levels: { ...value, size: 3 } },
  requires: { cob: need('cob', '^1.2', { features: ['spreadBps'] }) },
  candles: ['1m'],
  state: () => ({ closes: 0 }),
  on: {
    trade({ price }, { features, options, need: { cob }, emit }) {
      features.last = price * options.by
      features.spread = cob.spreadBps
      emit('probe:seen', { price })
    },
    book(book, { features }) {
      const quantities = new Float64Array(3)
      book.depth('bid', 3, features.levels, quantities)
    },
    'candle:close'(_candle, { features, state }) {
      features.closes = ++state.closes
    },
  },
})
const needs = { cob: { spreadBps: 2 } }
const trade = (price: number, tsEvent: number): MarketInput => ({
  kind: 'trade',
  symbol: 'BTC/USDT',
  tsEvent,
  price,
  quantity: 1,
  aggressor: 'buy',
})

test('features are missing before the first event, and live after each', () => {
  const host = harness(probe, { needs })
  expect(host.features).toEqual({ last: null, spread: null, closes: null, levels0: null, levels1: null, levels2: null })
  host.feed([trade(5, 0)])
  expect(host.features).toMatchObject({ last: 5, spread: 2, closes: null })
})

test('options reach the module, and a need without values is missing', () => {
  const host = harness(probe, { needs: { cob: { spreadBps: NaN } }, options: { by: 3 } })
  host.feed([trade(5, 0)])
  expect(host.features).toMatchObject({ last: 15, spread: null })
})

test('events are fed in the order of their times, and what was emitted is stamped', () => {
  const host = harness(probe, { needs })
  host.feed([trade(2, 2e6), trade(1, 1e6)])
  expect(
    host
      .emitted('probe:seen')
      .map(({ price, sequence, tsEvent, symbol, origin }) => [price, sequence, tsEvent, symbol, origin]),
  ).toEqual([
    [1, 1, 1e6, 'BTC/USDT', 'probe'],
    [2, 2, 2e6, 'BTC/USDT', 'probe'],
  ])
  expect(host.emitted('pivot:confirm')).toEqual([])
})

test('a list has a column an element, and books and candles are fed too', () => {
  const host = harness(probe, { needs, symbol: 'ETH/USDT' })
  host.feed(fixtures.book('ETH/USDT', { count: 1 }))
  host.feed(fixtures.candles('ETH/USDT', '1m', { count: 2 }))
  expect(host.features).toMatchObject({ levels0: 59999.5, levels1: 59998.5, levels2: 59997.5, closes: 2 })
})

test('a need that nobody provides is an error that names it', () => {
  expect(() => harness(probe)).toThrow(/requires 'cob' \^1.2/)
})

test('an event of another symbol is an error', () => {
  expect(() => harness(probe, { needs }).feed(fixtures.trades('ETH/USDT', { count: 1 }))).toThrow(
    "'ETH/USDT' is fed, but the harness runs BTC/USDT",
  )
})

test('a throw, a flood or a value out of range comes out of feed', () => {
  const bad = (call: (features: { x: number }) => void) =>
    harness(
      defineModule({
        name: 'bad',
        ...identity,
        features: { x: { ...value, range: [0, 1] } },
        on: { trade: (_trade, { features }) => call(features) },
      }),
    )
  expect(() =>
    bad(() => {
      throw new Error('oops')
    }).feed([trade(1, 0)]),
  ).toThrow('[module bad] module.threw: oops')
  expect(() => bad((features) => (features.x = 2)).feed([trade(1, 0), trade(1, 1e6)])).toThrow('x = 2, range [0, 1]')
})

test('a view that is kept cannot be read', () => {
  const kept: { price: number }[] = []
  const module = defineModule({
    name: 'bad',
    ...identity,
    on: { trade: (view) => void (kept.push(view), kept[0]?.price) },
  })
  const host = harness(module)
  host.feed([trade(1, 0)])
  expect(() => host.feed([trade(1, 1)])).toThrow('revoked')
})

test('an asynchronous start is an error: there is nothing to wait in', () => {
  expect(() => harness(defineModule({ name: 'slow', ...identity, start: async () => {} }))).toThrow(
    '[module slow] has an asynchronous start',
  )
})

test('a global module is fed several symbols, and each has features of its own', () => {
  const world = defineModule({
    name: 'world',
    ...identity,
    scope: 'global',
    features: { price: value },
    on: { trade: ({ symbol, price }, { of }) => void (of(symbol).features.price = price) },
  })
  const host = harness(world, { others: ['ETH/USDT'] })
  host.feed([trade(5, 0), { ...trade(7, 1), symbol: 'ETH/USDT' } as MarketInput])
  expect([host.features.price, host.featuresOf('BTC/USDT').price, host.featuresOf('ETH/USDT').price]).toEqual([5, 5, 7])
  expect(() => host.featuresOf('SOL/USDT')).toThrow("does not run 'SOL/USDT'")
})
