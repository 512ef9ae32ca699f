import {
  defineModule, instrument, lane, Orchestrator, type Decision, type Host, type InferenceFrame, type MarketInput, type Network, type Participant, type Timeframe,
} from '@tapeloom/core'
import { expect, test } from 'vitest'
import { BTC, ETH, minute, recording, trade } from '../testing/drive.ts'
import { DataProvider } from './data-provider.ts'

const identity = { version: '1.0.0', core: '^1.0.0' }
const network: Network<{ x: readonly [4, 5] }, 'logits', {}> = {
  name: 'windows', inputs: { x: [4, 5] }, outputs: ['logits'], targets: {}, batch: 1,
  open: async () => ({ version: '0', infer: async () => ({ logits: new Float32Array(3) }), weights: () => new Float32Array(1), swap() {}, async close() {} }),
  train: () => Promise.reject(new Error('is not trained')),
}
const watcher = (timeframe: '1m' | '1h', target: Timeframe, symbol?: 'ETH/USDT') => {
  const frames: InferenceFrame[] = []
  class Watching implements Participant {
    readonly name = 'watcher'
    attach(host: Host): void { host.onInference((frame) => void frames.push(frame)) }
    snapshot() { return null }
    restore(): void {}
  }
  const module = defineModule({
    name: 'watcher', ...identity, participant: () => new Watching(),
    model: {
      network, inputs: { x: lane(timeframe, 4, symbol ? { symbol } : {}) }, target: { timeframe: target, ahead: 1 },
      decode: () => ({ probabilities: { buy: 0.4, hold: 0.3, sell: 0.3 } }), labels: {},
    },
  })
  return { frames, module }
}

test('a window of another symbol is as old as it is for the one that is predicted', async () => {
  const { frames, module } = watcher('1m', '1m', 'ETH/USDT')
  const eth = Array.from({ length: 10 }, (_, i) => minute(i, 50, { symbol: 'ETH/USDT' }))
  const btc = Array.from({ length: 30 }, (_, i) => minute(i, 100 + (i % 3)))
  await new Orchestrator({ data: new DataProvider({ sources: [recording(eth, { name: 'eth', instruments: [ETH] }), recording(btc, { name: 'btc', instruments: [BTC] })] }), modules: [module] }).run()
  const seen = frames.filter(({ symbol }) => symbol === 'BTC/USDT').map(({ asOf }) => asOf / 60e6)
  expect([seen[0], seen.at(-1)]).toEqual([4, 11])
})

test('the entry is the newest candle of the base interval, also of hours', async () => {
  const { frames, module } = watcher('1h', '4h')
  const hours: MarketInput[] = Array.from({ length: 24 }, (_, i) =>
    ({ ...minute(i, 100 + i), timeframe: '1h', openTime: i * 3600e6, tsEvent: (i + 1) * 3600e6 }) as MarketInput)
  await new Orchestrator({ data: new DataProvider({ sources: [recording(hours, { instruments: [BTC] })] }), modules: [module] }).run()
  expect(frames.length).toBe(21)
  expect(frames.every(({ entry, asOf }) => entry?.timeframe === '1h' && entry.closeTime === asOf)).toBe(true)
})

test('a symbol is decided on at the prices of its own venue', async () => {
  const other = instrument('BTC/USDT', { venue: 'y', tickSize: '0.01', lotSize: '0.001' })
  const at = (i: number) => (i + 1) * 500e3
  const own = Array.from({ length: 20 }, (_, i) => trade(at(i), 100))
  const foreign = Array.from({ length: 20 }, (_, i) => trade(at(i) + 1, 200))
  const orchestrator = new Orchestrator({
    data: new DataProvider({ sources: [recording(own, { name: 'own', instruments: [BTC] }), recording(foreign, { name: 'foreign', instruments: [other] })] }),
    modules: [defineModule({ name: 'hearing', ...identity, on: { trade() {} } })],
  })
  const prices = new Set<number>()
  orchestrator.on('decision', ({ price }: Decision) => void prices.add(price))
  await orchestrator.run()
  expect([...prices]).toEqual([100])
})

test('what is rejected of a symbol is told of that symbol, and stored so', async () => {
  const inputs = [trade(1e6, 100), trade(2e6, -1, 1, { symbol: 'ETH/USDT' }), trade(3e6, 100)]
  const data = new DataProvider({ sources: [recording(inputs)] })
  const orchestrator = new Orchestrator({ data, modules: [defineModule({ name: 'hearing', ...identity, on: { trade() {} } })] })
  const symbols: string[] = []
  orchestrator.on('data:reject', ({ symbol }) => void symbols.push(symbol))
  await orchestrator.run()
  expect(symbols).toEqual(['ETH/USDT'])
  expect((await data.store.read({ table: 'gaps', columns: ['symbol'], equals: { reason: 'reject' } })).columns['symbol']).toEqual(['ETH/USDT'])
})

test('a lane that cannot be read is refused when its model is loaded, not at its first inference', async () => {
  const wrong = defineModule({
    name: 'watcher', ...identity,
    model: {
      network: { ...network, inputs: { x: [1, 5] } } as unknown as typeof network,
      inputs: { x: lane('1m', 1) as unknown as ReturnType<typeof lane<4>> }, target: { timeframe: '1m', ahead: 1 },
      decode: () => ({ probabilities: { buy: 0.4, hold: 0.3, sell: 0.3 } }), labels: {},
    },
  })
  const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [recording([minute(0, 1)], { instruments: [BTC] })] }), modules: [wrong] })
  await expect(orchestrator.initialize()).rejects.toMatchObject({ code: 'data.lane' })
})
