import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import { expect, test } from 'vitest'
import { burst } from './index.ts'

const needs = { cob: { spreadBps: 2 } }
const golden = new URL('./golden.json', import.meta.url)
testModule(burst, { test, needs, golden, events: fixtures.trades('BTC/USDT') }) // one test an invariant

test('a tenfold rate is announced once', () => {
  const host = harness(burst, { needs, options: { alarm: 3 } })
  host.feed(fixtures.trades('BTC/USDT', { count: 600, every: '1s', aggressor: 'sell' }))
  host.feed(fixtures.trades('BTC/USDT', { count: 200, every: '100ms', aggressor: 'buy', from: '10m' }))
  expect(host.features.edgeBps).toBe(1)
  expect(host.emitted('burst:start').map(({ aggressor }) => aggressor)).toEqual(['buy'])
})
