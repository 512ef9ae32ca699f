import { describe, expect, test } from 'vitest'
import { defineModule } from '../module/define.ts'
import { need } from '../module/need.ts'
import type { TradeView } from '../vocabulary/views.ts'
import { fixtures } from './index.ts'
import { facts, identity, onTrade, share, trades, untrue, value } from './untrue-facts.ts'

/** Modules with one planted defect each, and the facts that the kit must find false of them. */

declare module '@tapeloom/core' {
  interface EventMap {
    'sound:jump': { readonly size: number }
    'bad:note': { readonly confirmedAt?: number; readonly pivotTime?: number; readonly values?: readonly number[]; readonly value?: number }
  }
}

describe('the kit finds', () => {
  test('infinity', async () => {
    expect(
      await untrue(
        onTrade(
          () => ({ n: 0 }),
          (_trade, state) => (++state.n === 100 ? Infinity : 1),
        ),
      ),
    ).toEqual(expect.arrayContaining([facts.range, facts.faults]))
  })

  test('a value out of its range, even when it is gone before the row is frozen', async () => {
    const module = defineModule({
      name: 'bad',
      ...identity,
      features: { x: share },
      state: () => ({ n: 0 }),
      on: {
        trade: (_trade, { state, features }) =>
          void (features.x = ++state.n % 2 === 0 ? 0.5 : state.n === 101 ? 1.5 : 0.25),
      },
    })
    expect(await untrue(module)).toEqual(expect.arrayContaining([facts.range]))
  })

  test('0 for what is not known yet', async () => {
    const module = onTrade(
      () => ({ before: NaN }),
      ({ price }, state) => {
        const level = Number.isNaN(state.before) ? 0 : state.before + price
        state.before = price
        return level
      },
    )
    expect(await untrue(module)).toEqual([facts.zeros])
  })

  test('0 for a column that is missing', async () => {
    const module = defineModule({
      name: 'bad',
      ...identity,
      features: { x: value },
      requires: { cob: need('cob', '^1', { features: ['spreadBps'] }) },
      on: { trade: (_trade, { features, need: { cob } }) => void (features.x = cob.spreadBps > 0 ? cob.spreadBps : 0) },
    })
    expect(await untrue(module, trades, { needs: { cob: { spreadBps: 2 } } })).toEqual([facts.zeros])
  })

  test('a view that is kept', async () => {
    const kept: TradeView[] = []
    const module = onTrade(
      () => ({}),
      (trade) => {
        kept.push(trade)
        return kept.at(-2)?.price ?? NaN
      },
    )
    expect(await untrue(module)).toContain(facts.events)
  })

  test('an event that is written to', async () => {
    const module = onTrade(
      () => ({}),
      (trade) => ((trade as { price: number }).price = 1),
    )
    expect(await untrue(module)).toContain(facts.events)
    const candles = defineModule({
      name: 'bad',
      ...identity,
      features: { x: value },
      candles: ['1m'],
      on: { 'candle:close': (candle) => void ((candle as { close: number }).close = 1) },
    })
    expect(await untrue(candles, fixtures.candles('BTC/USDT', '1m', { count: 300 }))).toContain(facts.events)
  })

  test('a list that grows', async () => {
    const found = await untrue(
      onTrade(
        () => ({ prices: [0] }),
        ({ price }, { prices }) => prices.push(price) % 10,
      ),
      trades,
      { long: true },
    )
    expect(found).toEqual([facts.bounded])
  })

  test('a throw that comes late', async () => {
    const found = await untrue(
      onTrade(
        () => ({ n: 0 }),
        (_trade, state) => {
          if (++state.n === 60_000) throw new Error('late')
          return 1
        },
      ),
      trades,
      { long: true },
    )
    expect(found).toEqual([facts.bounded])
  })

  test('a throw on a book with one side', async () => {
    const module = defineModule({
      name: 'bad',
      ...identity,
      features: { x: value },
      on: {
        book({ bestAsk }, { features }) {
          if (Number.isNaN(bestAsk)) throw new Error('no ask')
          features.x = bestAsk
        },
      },
    })
    expect(await untrue(module, fixtures.book('BTC/USDT', { count: 3000 }))).toEqual([facts.faults])
  })

  test('a flood of events', async () => {
    const module = defineModule({
      name: 'bad',
      ...identity,
      features: { x: value },
      on: {
        trade(_trade, { emit }) {
          for (let i = 0; i < 20_000; i++) emit('bad:note', { value: i })
        },
      },
    })
    expect(await untrue(module, fixtures.trades('BTC/USDT', { count: 5 }))).toContain(facts.faults)
  })

  test('an event of another name', async () => {
    const module = defineModule({
      name: 'bad',
      ...identity,
      features: { x: value },
      on: {
        trade: (_trade, { emit }) => (emit as (topic: string, payload: object) => void)('sound:jump', { size: 1 }),
      },
    })
    expect(await untrue(module)).toContain(facts.faults)
  })

  test('a timer, a listener and a global that outlive it', async () => {
    const leak = (start: () => void) =>
      untrue(
        defineModule({ name: 'bad', ...identity, features: { x: value }, start, on: { trade: () => {} } }),
        trades,
        { only: facts.nothing },
      )
    expect(await leak(() => clearInterval(setInterval(() => {}, 1e6)))).toEqual([])
    expect(await leak(() => void setInterval(() => {}, 1e6))).toEqual([facts.nothing])
    const listener = () => {}
    expect(await leak(() => void process.on('SIGUSR2', listener))).toEqual([facts.nothing])
    process.removeAllListeners('SIGUSR2')
    expect(await leak(() => void Object.assign(globalThis, { leaked: 1 }))).toEqual([facts.nothing])
    Reflect.deleteProperty(globalThis, 'leaked')
  })

  test('a module that hears nothing of its events', async () => {
    expect(
      await untrue(
        onTrade(
          () => ({}),
          () => 1,
        ),
        fixtures.candles('BTC/USDT', '1m', { count: 300 }),
      ),
    ).toEqual([facts.quarantined])
  })

  test('a cleanup that a restart does not survive', async () => {
    let alive = true
    const module = defineModule({
      name: 'bad',
      ...identity,
      features: { x: value },
      state: () => ({ n: 0 }),
      on: {
        trade(_trade, { state }) {
          alive = state.n > 0 || alive
          if (!alive) throw new Error('I was restarted')
          if (++state.n > 1) alive = false
        },
      },
    })
    expect(await untrue(module)).toContain(facts.quarantined)
  })
})
