import { describe, expect, test } from 'vitest'
import { defineModule } from '../module/define.ts'
import { need } from '../module/need.ts'
import type { MarketInput } from '../ports/source.ts'
import { fixtures, type Batch } from './index.ts'
import { facts, identity, mean8, onTrade, pushed, trades, untrue, value } from './untrue-facts.ts'

/** Modules with one planted defect each, and the facts that the kit must find false of them. */

declare module '@tapeloom/core' {
  interface EventMap {
    'sound:jump': { readonly size: number }
    'bad:note': { readonly confirmedAt?: number; readonly pivotTime?: number; readonly values?: readonly number[]; readonly value?: number }
  }
}

test('nothing is untrue of a sound module', async () => {
  const sound = defineModule({
    name: 'sound',
    ...identity,
    features: { mean: value, lean: value },
    requires: { cob: need('cob', '^1', { features: ['spreadBps'] }) },
    warmup: { trades: '60s', tolerance: 1e-9 },
    state: mean8,
    on: {
      trade({ price }, { state, features, need: { cob }, emit }) {
        features.mean = pushed(state, price)
        features.lean = price - features.mean + cob.spreadBps
        if (features.lean > 3) emit('sound:jump', { size: features.lean })
      },
    },
  })
  const batch: Batch = (events) => {
    const prices = events.flatMap((event) => (event.kind === 'trade' ? [Number(event.price)] : [])).slice(-8)
    return { mean: prices.length < 8 ? null : prices.reduce((sum, price) => sum + price, 0) / 8 }
  }
  expect(await untrue(sound, trades, { needs: { cob: { spreadBps: 2 } }, batch, long: true })).toEqual([])
})

describe('the kit finds', () => {
  test('unseeded randomness', async () => {
    expect(
      await untrue(
        onTrade(
          () => ({}),
          () => Math.random(),
        ),
      ),
    ).toContain(facts.deterministic)
  })

  test('the wall clock', async () => {
    let last = 0
    const now = () => (last = Math.max(last + 1, performance.now() * 1e3)) % 1e9
    expect(await untrue(onTrade(() => ({}), now))).toContain(facts.deterministic)
  })

  test('state hidden outside the declared one', async () => {
    let seen = 0
    const found = await untrue(
      onTrade(
        () => ({}),
        () => ++seen,
      ),
    )
    expect(found).toEqual(expect.arrayContaining([facts.deterministic, facts.snapshot, facts.apart]))
  })

  test('state that only a snapshot loses: hidden, but reset at the first trade', async () => {
    let hidden = 0
    const module = onTrade(
      () => ({ started: false }),
      ({ symbol }, state) => {
        if (!state.started) hidden = 0
        state.started = true
        return (hidden += symbol.length)
      },
    )
    const found = await untrue(module)
    expect(found).not.toContain(facts.deterministic)
    expect(found).toContain(facts.snapshot)
  })

  test('state that a snapshot loses during the first events only', async () => {
    let hidden = 0
    const module = onTrade(
      () => ({ seen: 0, first: 0 }),
      ({ price }, state) => {
        if (state.seen++ === 0) hidden = 0
        if (state.seen < 6) hidden += price
        if (state.seen === 6) state.first = hidden
        return state.first
      },
    )
    expect(await untrue(module, fixtures.trades('BTC/USDT', { count: 1500, every: '1s' }), { only: facts.snapshot })).toEqual([facts.snapshot])
  })

  test('state that is no plain data', async () => {
    const found = await untrue(
      onTrade(
        () => ({ seen: new Set<number>() }),
        ({ price }, { seen }) => seen.add(Math.round(price) % 8).size,
      ),
    )
    expect(found).toEqual([facts.snapshot])
  })

  test('the future, remembered from an earlier run', async () => {
    const tape = new Map<string, number>()
    let before = ''
    const module = onTrade(
      () => ({}),
      ({ id, price, symbol }) => {
        tape.set(`next of ${before}`, price)
        before = `${symbol} ${id}`
        return tape.get(`next of ${before}`) ?? 0
      },
    )
    expect(await untrue(module)).toEqual(expect.arrayContaining([facts.deterministic, facts.ahead]))
  })

  test('an event that is changed after it was emitted', async () => {
    const module = defineModule({
      name: 'bad',
      ...identity,
      features: { x: value },
      state: () => ({ values: [0] }),
      on: {
        trade({ price }, { state, emit }) {
          state.values[0] = price
          emit('bad:note', { values: state.values })
        },
      },
    })
    expect(await untrue(module)).toContain(facts.ahead)
  })

  test.each([
    ['back-dated', -1],
    ['dated ahead', 1],
  ])('an event that is %s', async (_name, by) => {
    const module = defineModule({
      name: 'bad',
      ...identity,
      features: { x: value },
      on: { trade: ({ tsEvent }, { emit }) => emit('bad:note', { confirmedAt: tsEvent + by }) },
    })
    expect(await untrue(module)).toEqual([facts.ahead])
  })

  test('what was confirmed and is told differently later', async () => {
    const repainting = (times: number) =>
      defineModule({
        name: 'bad',
        ...identity,
        features: { x: value },
        state: () => ({ high: 0, told: 0, pivotTime: 0 }),
        on: {
          trade({ tsEvent, price }, { state, emit }) {
            if (price <= state.high) return
            Object.assign(state, { high: price, pivotTime: state.told++ % times === 0 ? tsEvent : state.pivotTime })
            emit('bad:note', { confirmedAt: tsEvent, pivotTime: state.pivotTime, value: price })
          },
        },
      })
    const apart = fixtures.trades('BTC/USDT', { count: 500, every: '1s' })
    expect(await untrue(repainting(2), apart)).toEqual([facts.ahead])
    expect(await untrue(repainting(1), apart)).toEqual([])
  })

  test('a loop whose order is that of arrival', async () => {
    const total = (sorted: boolean) =>
      defineModule({
        name: 'bad',
        ...identity,
        features: { x: value },
        warmup: { trades: '300s' },
        state: (): { last: Record<string, number> } => ({ last: {} }),
        on: {
          trade({ price, id }, { state, features }) {
            state.last[`bucket ${Number(id) % 13}`] = price / 3
            const keys = Object.keys(state.last)
            features.x = (sorted ? keys.toSorted() : keys).reduce((sum, key) => sum + (state.last[key] ?? NaN), 0)
          },
        },
      })
    expect(await untrue(total(false))).toEqual([facts.warm])
    expect(await untrue(total(true))).toEqual([])
  })

  test('a warm-up that is declared too short', async () => {
    const slow = (warmup: `${number}s`) =>
      defineModule({
        name: 'bad',
        ...identity,
        features: { x: value },
        warmup: { trades: warmup, tolerance: 1e-6 },
        state: () => ({ mean: NaN }),
        on: {
          trade({ price }, { state, features }) {
            state.mean += Number.isNaN(state.mean) ? price - state.mean : 0.05 * (price - state.mean)
            if (Number.isNaN(state.mean)) state.mean = price
            features.x = state.mean
          },
        },
      })
    const longer = fixtures.trades('BTC/USDT', { count: 1500 })
    expect(await untrue(slow('60s'), longer)).toEqual([facts.warm])
    expect(await untrue(slow('1200s'), longer)).toEqual([])
  })

  test('a warm-up that is longer than the tape', async () => {
    const module = defineModule({
      name: 'bad',
      ...identity,
      features: { x: value },
      warmup: { '1m': 50 },
      candles: ['1m'],
      on: { 'candle:close': () => {} },
    })
    expect(await untrue(module, fixtures.candles('BTC/USDT', '1m', { count: 50 }))).toEqual([facts.warm])
  })

  test('a window that is one too long', async () => {
    const batch: Batch = (events) => {
      const prices = events.flatMap((event) => (event.kind === 'trade' ? [Number(event.price)] : [])).slice(-7)
      return { x: prices.length < 7 ? null : prices.reduce((sum, price) => sum + price, 0) / 7 }
    }
    const found = await untrue(
      onTrade(mean8, ({ price }, state) => pushed(state, price)),
      trades,
      { batch },
    )
    expect(found).toEqual([facts.batch, facts.badTick])
  })

  test('a running sum of squares, after a bad tick', async () => {
    const prices = (events: readonly MarketInput[]) =>
      events.flatMap((event) => (event.kind === 'trade' ? [Number(event.price)] : [])).slice(-8)
    const batch: Batch = (events) => {
      const last = prices(events)
      const mean = last.reduce((sum, price) => sum + price, 0) / 8
      return { x: last.length < 8 ? null : last.reduce((sum, price) => sum + (price - mean) * (price - mean), 0) / 8 }
    }
    const state = () => ({ ring: new Float64Array(8), seen: 0, sum: 0, squares: 0 })
    const module = onTrade(state, ({ price }, s) => {
      const old = s.ring[s.seen % 8] ?? 0
      s.ring[s.seen++ % 8] = price
      s.sum += price - old
      s.squares += price * price - old * old
      return s.seen < 8 ? NaN : s.squares / 8 - (s.sum / 8) * (s.sum / 8)
    })
    expect(await untrue(module, trades, { batch })).toContain(facts.badTick)
  })

  test('symbols that are mixed up', async () => {
    const last = { price: NaN, runs: 0 }
    const module = onTrade(
      () => ({ started: false }),
      ({ price }, state) => {
        if (!state.started && last.runs++ % 2 === 0) last.price = price
        state.started = true
        const change = price - last.price
        last.price = price
        return change
      },
    )
    expect(await untrue(module)).toContain(facts.apart)
  })
})
