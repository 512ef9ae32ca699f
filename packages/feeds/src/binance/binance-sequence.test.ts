import { describe, expect, test } from 'vitest'
import { binanceFutures, binanceSpot } from './binance-sequence.ts'
import { unifiedSymbol } from './binance-symbol.ts'

const ids = (first: number, last: number, previous = NaN) => ({ first, last, previous })

describe('binanceSpot', () => {
  test('drops what the snapshot holds, begins with the update that covers the next id, and goes on without a hole', () => {
    const rule = binanceSpot()
    rule.reset(100)
    expect(rule.apply(ids(90, 100))).toBe('drop')
    expect(rule.apply(ids(95, 105))).toBe('apply')
    expect(rule.apply(ids(106, 106))).toBe('apply')
    expect(rule.apply(ids(106, 106))).toBe('drop')
    expect(rule.apply(ids(108, 109))).toBe('gap')
  })
  test('a first update that begins after the next id is a gap', () => {
    const rule = binanceSpot()
    rule.reset(100)
    expect(rule.apply(ids(102, 105))).toBe('gap')
    expect(rule.apply(ids(101, 105))).toBe('apply')
    expect(rule.apply(ids(105, 110))).toBe('gap')
  })
})

describe('binanceFutures', () => {
  test('begins with the update that spans the snapshot, and each names the one before', () => {
    const rule = binanceFutures()
    rule.reset(100)
    expect(rule.apply(ids(80, 99, 79))).toBe('drop')
    expect(rule.apply(ids(95, 105, 90))).toBe('apply')
    expect(rule.apply(ids(120, 130, 105))).toBe('apply')
    expect(rule.apply(ids(120, 130, 105))).toBe('drop')
    expect(rule.apply(ids(131, 140, 129))).toBe('gap')
  })
  test('an update that names the snapshot as the one before continues it; a later one is a gap', () => {
    const rule = binanceFutures()
    rule.reset(100)
    expect(rule.apply(ids(110, 120, 105))).toBe('gap')
    expect(rule.apply(ids(110, 120, 100))).toBe('apply')
  })
})

test.each([
  ['BTCUSDT', false, 'BTC/USDT'],
  ['1000SHIBUSDC', true, '1000SHIB/USDC:USDC'],
  ['BNBFDUSD', false, 'BNB/FDUSD'],
  ['ETHBTC', false, 'ETH/BTC'],
  ['USDT', false, undefined],
  ['BTCUSDT_240927', true, undefined],
  ['FOOBAR', false, undefined],
])('%s is %s', (raw, perpetual, symbol) => {
  expect(unifiedSymbol(raw, perpetual)).toBe(symbol)
})
