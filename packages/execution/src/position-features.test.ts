import { instrument, type BookReader } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { PaperBroker, type BrokerRules } from './index.ts'
import { positionColumns, writePosition } from './position-features.ts'

const eth = instrument('ETH/USDT', { venue: 'x', tickSize: '0.5', lotSize: '0.1' })
const rules: BrokerRules = {
  cash: 1000, takerBps: 0, makerBps: 0, latency: 0, patience: 5e6, share: 0.1, quantity: 2, entry: 'taker', stopAtr: 4, fundingBps: 0, fundingEvery: 1e15,
  maxPosition: 10, dailyLoss: 1, maxDrawdown: 1, cooldown: 1e6, maxSpreadBps: 500, maxAge: 10e6, killSwitch: false,
}
const at = (mid: number): BookReader => ({
  status: 'live', bestBid: mid - 1, bestAsk: mid + 1, bestBidQuantity: 9, bestAskQuantity: 9, midPrice: mid,
  depth: (side, _, prices, quantities) => ((prices[0] = side === 'bid' ? mid - 1 : mid + 1), (quantities[0] = 9), 1),
})
const ignore = { filled() {}, closed() {}, unfilled() {} }

test('the ten numbers follow the position: long, flat after a loss, short', () => {
  const broker = new PaperBroker(eth, rules, ignore)
  const features = Object.fromEntries(positionColumns.map((name) => [name, NaN])) as Record<(typeof positionColumns)[number], number>
  const told = (now: number) => {
    writePosition(features, broker, eth, 10e6, now)
    return positionColumns.map((name) => Math.round(1e6 * features[name]) / 1e6)
  }
  for (let i = 0; i < 15; i++) broker.range(102, 98, 100) // ATR 4
  broker.book(at(100), 0)
  expect(told(0)).toEqual([0, NaN, NaN, NaN, NaN, NaN, NaN, NaN, NaN, NaN])
  broker.signal(1, 0, 0, 'test')
  broker.book(at(100), 5e6) // 2 at 101, marked at 99; the stop is at 101 − 16
  expect(told(10e6)).toEqual([1, 0.198795, -0.5, 0.5, NaN, 3.5, 0, -0.5, 0.004, NaN])
  broker.book(at(110), 15e6)
  broker.book(at(92), 20e6)
  expect(told(25e6)).toEqual([1, 0.185714, -2.5, 2, NaN, 1.5, 2, -2.5, Math.round((1e6 * 36) / 1016) / 1e6, NaN])
  broker.signal(0, 20e6, 20e6, 'test')
  broker.book(at(92), 25e6)
  expect(told(45e6)).toEqual([0, NaN, NaN, NaN, 2, NaN, NaN, NaN, Math.round((1e6 * 36) / 1016) / 1e6, 1])
  broker.signal(-1, 45e6, 45e6, 'test')
  broker.book(at(92), 45e6) // 2 at 91, marked at 93
  expect(told(55e6).slice(0, 8)).toEqual([-1, Math.round((1e6 * 186) / 976) / 1e6, -0.5, 1, 3, 3.5, 0, -0.5])
})
test('without an ATR there are no multiples of it', () => {
  const broker = new PaperBroker(eth, rules, ignore)
  broker.book(at(100), 0)
  broker.signal(1, 0, 0, 'test')
  broker.book(at(100), 0)
  const features = {} as Record<(typeof positionColumns)[number], number>
  writePosition(features, broker, eth, 10e6, 0)
  expect([features.side, features.unrealisedAtr, features.stopAtr, features.mfeAtr]).toEqual([1, NaN, NaN, NaN])
})
