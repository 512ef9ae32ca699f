import { describe, expect, test } from 'vitest'
import { defineModule, layoutOf, need, option, planModules, timeframesUsed, use } from '../index.ts'
import { shortHash } from './column-layout.ts'

const identity = { version: '1.2.0', core: '^1.0.0' }
const feature = { rev: 1, unit: 'ratio', range: [0, 1], description: '.' } as const
const book = defineModule({ name: 'book', ...identity, features: { lean: feature, depth: { ...feature, size: 3 } }, options: { rows: option.integer({ default: 3 }), colour: option.string({ default: 'teal', affects: 'none' }) } })
const trend = defineModule({ name: 'trend', ...identity, features: { up: feature }, requires: { book: need('book', '^1', { features: ['lean'] }) }, candles: ['5m', '1m'] })
const messageOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  return 'no error'
}

describe('a plan', () => {
  test('puts providers before those that read them', () => {
    expect(planModules([trend, book]).map(({ id }) => id)).toEqual(['book', 'trend'])
    expect(timeframesUsed(planModules([trend, book]))).toEqual(['1m', '5m'])
  })
  test('meets a need by id first, then by name', () => {
    const [wide, plain] = [use(book, { rows: 9 }, { id: 'wide' }), book]
    const [, , last] = planModules([wide, plain, trend])
    expect(last?.providers.get('book')).toBe('book')
    expect(planModules([wide, trend])[1]?.providers.get('book')).toBe('wide')
  })
  test('names a missing module and how to get it', () => {
    expect(messageOf(() => planModules([trend]))).toBe("[module trend] requires 'book' ^1, which is not in the list. Add it to the modules (npm i @tapeloom/module-book).")
  })
  test('leaves an optional need unmet', () => {
    const easy = defineModule({ name: 'easy', ...identity, requires: { book: need('book', '^1', { optional: true }) } })
    expect(planModules([easy])[0]?.providers.size).toBe(0)
  })
  test('reports all errors at once', () => {
    const old = defineModule({ name: 'old', ...identity, core: '^0.3.0', requires: { book: need('book', '^2'), trend: need('trend', '^1', { features: ['upp'] }) } })
    const message = messageOf(() => planModules([book, book, trend, use(old, { nope: 1 } as never)]))
    expect(message.split('\n')).toEqual([
      "[module old] is made for @tapeloom/core ^0.3.0, found 1.0.0. Install a old for this core.",
      "[module old] has no option 'nope'. Remove it.",
      "[module old] requires 'book' ^2, found 1.2.0. Install @tapeloom/module-book@2 or a newer old.",
      "[module old] reads 'trend.upp', which trend 1.2.0 does not have. Did you mean 'up'?",
      "[module book] stands in the list twice. Give one an id of its own: use(module, options, { id: 'book-2' }).",
    ])
  })
  test('prints the path of a cycle', () => {
    const a = defineModule({ name: 'a', ...identity, requires: { b: need('b', '^1') } })
    const b = defineModule({ name: 'b', ...identity, requires: { c: need('c', '^1') } })
    const c = defineModule({ name: 'c', ...identity, requires: { a: need('a', '^1') } })
    expect(messageOf(() => planModules([a, b, c]))).toBe('[module a] needs itself: a -> b -> c -> a. Remove one of these needs.')
  })
  test('takes workspace ranges for this checkout', () => {
    expect(planModules([defineModule({ name: 'x', version: '1.0.0', core: 'workspace:^' })])).toHaveLength(1)
  })
})

describe('a layout', () => {
  const idOf = (...usables: Parameters<typeof planModules>[0]) => layoutOf(planModules(usables))
  test('lists columns in plan order, lists one by one', () => {
    expect(idOf(trend, book).names).toEqual(['book.lean', 'book.depth0', 'book.depth1', 'book.depth2', 'trend.up'])
  })
  test('changes with options that affect values, with revisions and with what is upstream', () => {
    const plain = idOf(trend, book)
    const painted = idOf(trend, use(book, { colour: 'red' }))
    const wider = idOf(trend, use(book, { rows: 4 }))
    expect(painted.ids).toEqual(plain.ids)
    expect(wider.ids.every((id, i) => id !== plain.ids[i])).toBe(true)
    expect(plain.ids[0]).toMatch(/^book\.lean#1@[0-9a-f]{8}$/)
    expect(wider.layoutId).not.toBe(plain.layoutId)
  })
  test('hashes are of the content', () => expect(shortHash(['a'], 8)).toBe(shortHash(['a'], 8)))
})
