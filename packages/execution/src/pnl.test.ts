import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { baseline, defineModule, definitionOf, Orchestrator, use, type CandleValues, type EventOf, type Usable } from '@tapeloom/core'
import { fixtures, testModule } from '@tapeloom/core/testing'
import { candleSource, DataProvider, memoryStore } from '@tapeloom/data'
import { simulatedMarket } from '@tapeloom/data/sim'
import { cob } from '@tapeloom/module-cob'
import { describe, expect, test } from 'vitest'
import { pnl } from './index.ts'
import { positionColumns } from './position-features.ts'

const fees = { takerBps: 5, makerBps: 1 }
const silent = { print: () => {} }

testModule(pnl, { test, options: fees, events: fixtures.candles('BTC/USDT', '1m', { count: 800 }), stateEvents: 10_000, ...silent })

/** The module and a predictor in one: it trades on whatever tape it gets, to and fro. */
const { warmup: _, ...trading } = definitionOf(pnl)
const trader = defineModule({
  ...trading, name: 'pnl',
  predict({ clock }: { readonly clock: { now(): number } }) {
    const up = Math.floor(clock.now() / 7e6) % 2 === 0
    return { horizon: '7s', probabilities: up ? { buy: 0.7, hold: 0.2, sell: 0.1 } : { buy: 0.1, hold: 0.2, sell: 0.7 } } as const
  },
} as never)
describe('while it trades by candles', () => {
  testModule(trader, { test, options: { ...fees, stopAtr: 1 } as never, events: fixtures.candles('BTC/USDT', '1m', { count: 400 }), stateEvents: 10_000, ...silent })
})
describe('while it trades', () => {
  test('it does', async () => {
    const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [market()] }), modules: [use(trader, fees as never)] })
    let trades = 0
    orchestrator.on('pnl:trade', () => trades++)
    await orchestrator.run({ until: 150e6 })
    expect(trades).toBeGreaterThan(30)
  })
  testModule(trader, { test, options: { ...fees, stopAtr: 1 } as never, events: fixtures.book('BTC/USDT', { count: 1000 }), stateEvents: 10_000, ...silent })
})

const market = (seed = 3, duration: `${number}m` = '20m') => simulatedMarket({ symbols: ['BTC/USDT', 'ETH/USDT'], duration, predictability: 0.6, seed })
type Position = EventOf<'position:close'>
function build(options = {}, beside: readonly Usable[] = [], journal?: string) {
  const store = memoryStore()
  const modules = [cob, use(pnl, { ...fees, ...options }), baseline, ...beside]
  const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [market()], store, ...(journal !== undefined && { journal }) }), modules, thresholds: { open: 0.02, close: 0.01 }, snapshotEvery: 1500 })
  const [trades, closed, fills]: [EventOf<'pnl:trade'>[], Position[], EventOf<'pnl:fill'>[]] = [[], [], []]
  orchestrator.on('pnl:trade', (trade) => trades.push(trade))
  orchestrator.on('position:close', (position) => closed.push(position))
  orchestrator.on('pnl:fill', (fill) => fills.push(fill))
  return { orchestrator, trades, closed, fills, store }
}

describe('over a simulated market', () => {
  test('what the trades brought is exactly the change of the equity, and losses are told as well', async () => {
    const { orchestrator, trades, closed, fills, store } = build({ quantity: 0.05 })
    await orchestrator.run()
    const state = orchestrator.report().participants['pnl'] as Record<string, { trades: number; fills: number; netUnits: string }>
    expect(trades.length).toBeGreaterThan(10)
    expect([trades.length, fills.length]).toEqual(['trades', 'fills'].map((key) => Object.values(state).reduce((sum, one) => sum + Number(one[key as 'trades']), 0)))
    expect(closed.map(({ id }) => id)).toEqual(trades.map(({ id }) => id))
    expect(closed.some(({ netBps }) => netBps < 0)).toBe(true)
    for (const symbol of ['BTC/USDT', 'ETH/USDT'] as const) {
      const own = trades.filter((trade) => trade.symbol === symbol)
      let [held, flow, flat] = [0, 0, 0]
      for (const { side, price, quantity, fee } of fills.filter((fill) => fill.symbol === symbol)) {
        const signed = side === 'buy' ? quantity : -quantity
        held += signed
        flow -= signed * price + fee
        if (Math.abs(held) < 1e-9) flat = flow
      }
      expect(own.reduce((sum, { net }) => sum + net, 0)).toBeCloseTo(flat, 6)
      expect(String(own.reduce((sum, { netUnits }) => sum + BigInt(netUnits), 0n))).toBe(state[symbol]?.netUnits)
    }
    await orchestrator.stop()
    const { columns, length } = await store.read({ table: 'positions', columns: ['id', 'net_bps'] })
    expect(length).toBe(closed.length)
    expect([...(columns['id'] as string[])].sort()).toEqual(closed.map(({ id }) => id).sort())
  })

  test('a run that is cut and restored gives the same trades and hash', async () => {
    const straight = build()
    const expected = await straight.orchestrator.run()
    for (const cut of [301.02e6, 640e6]) {
      const first = build()
      await first.orchestrator.run({ until: cut })
      const snapshot = await first.orchestrator.snapshot()
      const second = build()
      await second.orchestrator.restore(snapshot)
      expect((await second.orchestrator.run()).journalHash).toBe(expected.journalHash)
      expect([...first.trades, ...second.trades]).toEqual(straight.trades)
      expect(second.orchestrator.report().participants['pnl']).toEqual(expected.participants['pnl'])
    }
  })

  test('a run that is left as by a crash goes on from its journal to the same trades', async () => {
    const straight = build()
    const expected = await straight.orchestrator.run()
    const journal = mkdtempSync(join(tmpdir(), 'tapeloom-execution-'))
    try {
      for (const until of [410e6, 777.03e6]) await build({}, [], journal).orchestrator.run({ until })
      const last = build({}, [], journal)
      const { journalHash, participants } = await last.orchestrator.run()
      await last.orchestrator.stop()
      expect([journalHash, participants]).toEqual([expected.journalHash, expected.participants])
      const ids = straight.trades.map(({ id }) => id)
      expect(last.trades.map(({ id }) => id)).toEqual(ids.slice(-last.trades.length))
    } finally {
      rmSync(journal, { recursive: true })
    }
  })

  test('decisions know the side that is held: a stop makes them flat, and the next signal opens anew', async () => {
    const { orchestrator } = build({ stopAtr: 0.2 })
    let [side, pending] = [0, 0]
    const seen = { stops: 0, held: 0, opened: 0 }
    const wrong: string[] = []
    orchestrator.on('pnl:fill', ({ symbol, side: bought, reason }) => {
      if (symbol !== 'BTC/USDT') return
      if (reason === 'stop') seen.stops++
      side = side === 0 ? (bought === 'buy' ? 1 : -1) : 0
    })
    orchestrator.on('decision', ({ symbol, reason, action }) => {
      if (symbol !== 'BTC/USDT') return
      if (reason.startsWith('already-')) seen.held++
      if (reason.startsWith('open-')) seen.opened++
      const fits = !/^(already|close|reverse)-/.test(reason) || side !== 0
      if (!fits && pending === 0) wrong.push(`${side} ${reason}`)
      pending = action === 'hold' ? 0 : 1
    })
    await orchestrator.run()
    expect(wrong).toEqual([])
    expect(Math.min(seen.stops, seen.held, seen.opened - 1)).toBeGreaterThan(0)
  })

  test('the kill switch shuts every opening with its reason', async () => {
    const { orchestrator, fills } = build({ killSwitch: true })
    const reasons = new Set<string>()
    orchestrator.on('decision', ({ reason }) => reasons.add(reason))
    await orchestrator.run({ until: 300e6 })
    expect(fills).toEqual([])
    expect(reasons.has('gate:kill-switch')).toBe(true)
  })

  test('while flat the position is missing, except its side', async () => {
    const { orchestrator } = build({ killSwitch: true })
    await orchestrator.run({ until: 60e6 })
    const { values } = orchestrator.getFeatures('BTC/USDT')
    expect(positionColumns.map((column) => values[`pnl.${column}`])).toEqual([0, ...Array.from({ length: 9 }, () => null)])
  })
})

test('the position block of an inference holds the ten numbers, masked where they are missing', async () => {
  const seen: { data: number[]; mask: number[] }[] = []
  const network = {
    name: 'reader', inputs: { position: [10], positionMask: [10] }, outputs: ['direction'], targets: { direction: 'class' }, batch: 1,
    open: async () => ({ version: '0', weights: () => new Float32Array(1), swap() {}, close: async () => {}, infer: async () => ({ direction: Float32Array.of(0, 0, 0) }) }),
    train: async () => { throw new Error('is not trained') },
  } as const
  const reader = defineModule({
    name: 'reader', version: '1.0.0', core: '^1.0.0',
    model: {
      network: network as never, inputs: { position: { block: 'position', size: 10 } } as never, target: { timeframe: '1m', ahead: 1 },
      decode: () => ({ probabilities: { buy: 0.3, hold: 0.4, sell: 0.3 } }), labels: {},
    },
    participant: () => ({
      name: 'spy', snapshot: () => null, restore() {},
      attach: (host: { onInference(listener: (frame: unknown, prediction: unknown, tensors: readonly { data: Float32Array }[]) => void): void }) =>
        host.onInference((_frame, _prediction, [data, mask]) => void seen.push({ data: [...data!.data], mask: [...mask!.data] })),
    }) as never,
  })
  const { orchestrator } = build({}, [reader])
  await orchestrator.run()
  const held = seen.filter(({ data }) => data[0] !== 0)
  expect(held.length).toBeGreaterThan(10)
  expect(new Set(held.map(({ data }) => data[0]))).toEqual(new Set([1, -1]))
  expect(held.every(({ data, mask }) => mask[1] === 1 && data[1]! > 0 && data[3]! >= 0)).toBe(true)
  expect(seen[0]).toEqual({ data: Array.from({ length: 10 }, () => 0), mask: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0] })
})

test('without a book decisions are filled at the next open', async () => {
  const candles: CandleValues[] = Array.from({ length: 60 }, (_, i) => {
    const [open, close] = [100 + 10 * Math.sin(i / 5), 100 + 10 * Math.sin((i + 1) / 5)].map(Math.round) as [number, number]
    return { openTime: i * 60e6, open: open + 1, high: Math.max(open + 1, close) + 1, low: Math.min(open, close) - 1, close, volume: 1 }
  })
  const orchestrator = new Orchestrator({
    data: new DataProvider({ sources: [candleSource('BTC/USDT', '1m', candles)] }),
    modules: [use(pnl, { ...fees, cash: 1e6, quantity: 3, stopAtr: 0 }), baseline], thresholds: { open: 0.02, close: 0.01 },
  })
  const [asked, filled]: [number[], { at: number; price: number }[]] = [[], []]
  orchestrator.on('decision', ({ action, asOf }) => action !== 'hold' && asked.push(asOf))
  orchestrator.on('pnl:fill', ({ tsInit, price }) => filled.push({ at: tsInit, price }))
  await orchestrator.run()
  expect(filled.length).toBeGreaterThan(4)
  for (const { at, price } of filled) {
    const candle = candles.find(({ openTime }) => asked.includes(openTime) && openTime + 60e6 <= at && openTime + 120e6 > at)
    expect(price).toBe(candle?.open)
  }
})

test('an unknown fee is an error before anything starts', () => {
  const data = () => new DataProvider({ sources: [market()] })
  expect(() => new Orchestrator({ data: data(), modules: [pnl] })).toThrow("option 'takerBps' is null. Give a number from -100 to 1000.")
  expect(() => new Orchestrator({ data: data(), modules: [use(pnl, { takerBps: 5 })] })).toThrow("option 'makerBps' is null")
})
