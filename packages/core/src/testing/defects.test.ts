import { describe, expect, test } from 'vitest'
import { defineModule, type Module } from '../module/define.ts'
import { need } from '../module/need.ts'
import type { MarketInput } from '../ports/source.ts'
import type { TradeView } from '../vocabulary/views.ts'
import { fixtures, testModule, type Batch } from './index.ts'

/** Modules with one planted defect each, and the facts that the kit must find false of them. */

declare module '@tapeloom/core' {
  interface EventMap {
    'sound:jump': { readonly size: number }
    'bad:note': { readonly confirmedAt?: number; readonly values?: readonly number[]; readonly value?: number }
  }
}

const identity = { version: '1.0.0', core: '*' }
const value = { rev: 1, unit: 'score', range: [-1e9, 1e9], description: '.' } as const
const share = { rev: 1, unit: 'ratio', range: [0, 1], description: '.' } as const
const trades = fixtures.trades('BTC/USDT', { count: 1500 })

const facts = {
  deterministic: 'the same events give the same outputs',
  ahead: 'outputs do not depend on what follows',
  warm: 'after its warm-up, outputs are those of the whole history',
  batch: 'streaming equals batch',
  badTick: 'streaming equals batch after a bad tick',
  snapshot: 'a snapshot resumes as if nothing had happened',
  apart: 'two symbols interleaved give what each gives alone',
  range: 'features are finite or missing, and in range',
  zeros: 'what is unknown is missing, not 0',
  events: 'events are left as they are, and no view is kept',
  faults: 'a faulty tape is no fault of the module',
  bounded: 'the state is bounded over 100,000 events',
  nothing: 'nothing is left after stop',
  quarantined: 'a throw is quarantined',
} as const

type Extra = { readonly long?: boolean; readonly only?: string; readonly needs?: Readonly<Record<string, Readonly<Record<string, number>>>>; readonly batch?: Batch }

/** The facts that do not hold of a module; `long` asks also for the one over 100,000 events. */
async function untrue(module: Module, events: Iterable<MarketInput> = trades, { long = false, only, ...extra }: Extra = {}): Promise<string[]> {
  const checks: (readonly [string, () => void | Promise<void>])[] = []
  const collect = (name: string, run: () => void | Promise<void>) => checks.push([name.slice(module.name.length + 2), run])
  testModule(module, { test: collect, events, ...extra } as never)
  const found: string[] = []
  for (const [name, run] of checks) {
    if (name !== (only ?? name) || (name === facts.bounded && !long)) continue
    try {
      await run()
    } catch (error) {
      if (!(error instanceof Error)) throw error
      found.push(name)
    }
  }
  return found
}

/** A module with one feature, which each trade sets. */
const onTrade = <S extends object>(state: () => S, next: (trade: TradeView, state: S) => number, features = { x: value }) =>
  defineModule({
    name: 'bad', ...identity, features, state: state as never,
    on: { trade: (trade, ctx) => void (ctx.features.x = next(trade, ctx.state as S)) },
  }) as Module

/** Mean of the last eight prices, by a ring. */
const mean8 = () => ({ ring: new Float64Array(8), seen: 0 })
const pushed = (state: { ring: Float64Array; seen: number }, price: number) => {
  state.ring[state.seen++ % 8] = price
  return state.seen < 8 ? NaN : state.ring.reduce((sum, one) => sum + one) / 8
}

test('nothing is untrue of a sound module', async () => {
  const sound = defineModule({
    name: 'sound', ...identity, features: { mean: value, lean: value },
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
    expect(await untrue(onTrade(() => ({}), () => Math.random()))).toContain(facts.deterministic)
  })

  test('the wall clock', async () => {
    let last = 0
    const now = () => (last = Math.max(last + 1, performance.now() * 1e3)) % 1e9
    expect(await untrue(onTrade(() => ({}), now))).toContain(facts.deterministic)
  })

  test('state hidden outside the declared one', async () => {
    let seen = 0
    const found = await untrue(onTrade(() => ({}), () => ++seen))
    expect(found).toEqual(expect.arrayContaining([facts.deterministic, facts.snapshot, facts.apart]))
  })

  test('state that only a snapshot loses: hidden, but reset at the first trade', async () => {
    let hidden = 0
    const module = onTrade(() => ({ started: false }), ({ symbol }, state) => {
      if (!state.started) hidden = 0
      state.started = true
      return (hidden += symbol.length)
    })
    const found = await untrue(module)
    expect(found).not.toContain(facts.deterministic)
    expect(found).toContain(facts.snapshot)
  })

  test('state that is no plain data', async () => {
    const found = await untrue(onTrade(() => ({ seen: new Set<number>() }), ({ price }, { seen }) => seen.add(Math.round(price) % 8).size))
    expect(found).toEqual([facts.snapshot])
  })

  test('the future, remembered from an earlier run', async () => {
    const tape = new Map<string, number>()
    let before = ''
    const module = onTrade(() => ({}), ({ id, price, symbol }) => {
      tape.set(`next of ${before}`, price)
      before = `${symbol} ${id}`
      return tape.get(`next of ${before}`) ?? 0
    })
    expect(await untrue(module)).toEqual(expect.arrayContaining([facts.deterministic, facts.ahead]))
  })

  test('an event that is changed after it was emitted', async () => {
    const module = defineModule({
      name: 'bad', ...identity, features: { x: value }, state: () => ({ values: [0] }),
      on: {
        trade({ price }, { state, emit }) {
          state.values[0] = price
          emit('bad:note', { values: state.values })
        },
      },
    })
    expect(await untrue(module)).toContain(facts.ahead)
  })

  test.each([['back-dated', -1], ['dated ahead', 1]])('an event that is %s', async (_name, by) => {
    const module = defineModule({
      name: 'bad', ...identity, features: { x: value },
      on: { trade: ({ tsEvent }, { emit }) => emit('bad:note', { confirmedAt: tsEvent + by }) },
    })
    expect(await untrue(module)).toEqual([facts.ahead])
  })

  test('a warm-up that is declared too short', async () => {
    const slow = (warmup: `${number}s`) => defineModule({
      name: 'bad', ...identity, features: { x: value }, warmup: { trades: warmup, tolerance: 1e-6 }, state: () => ({ mean: NaN }),
      on: {
        trade({ price }, { state, features }) {
          state.mean += Number.isNaN(state.mean) ? price - state.mean : 0.05 * (price - state.mean)
          if (Number.isNaN(state.mean)) state.mean = price
          features.x = state.mean
        },
      },
    })
    expect(await untrue(slow('60s'))).toEqual([facts.warm])
    expect(await untrue(slow('1200s'))).toEqual([])
  })

  test('a warm-up that is longer than the tape', async () => {
    const module = defineModule({ name: 'bad', ...identity, features: { x: value }, warmup: { '1m': 50 }, candles: ['1m'], on: { 'candle:close': () => {} } })
    expect(await untrue(module, fixtures.candles('BTC/USDT', '1m', { count: 50 }))).toEqual([facts.warm])
  })

  test('a window that is one too long', async () => {
    const batch: Batch = (events) => {
      const prices = events.flatMap((event) => (event.kind === 'trade' ? [Number(event.price)] : [])).slice(-7)
      return { x: prices.length < 7 ? null : prices.reduce((sum, price) => sum + price, 0) / 7 }
    }
    const found = await untrue(onTrade(mean8, ({ price }, state) => pushed(state, price)), trades, { batch })
    expect(found).toEqual([facts.batch, facts.badTick])
  })

  test('a running sum of squares, after a bad tick', async () => {
    const prices = (events: readonly MarketInput[]) => events.flatMap((event) => (event.kind === 'trade' ? [Number(event.price)] : [])).slice(-8)
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
    const module = onTrade(() => ({ started: false }), ({ price }, state) => {
      if (!state.started && last.runs++ % 2 === 0) last.price = price
      state.started = true
      const change = price - last.price
      last.price = price
      return change
    })
    expect(await untrue(module)).toContain(facts.apart)
  })

  test('infinity', async () => {
    expect(await untrue(onTrade(() => ({ n: 0 }), (_trade, state) => (++state.n === 100 ? Infinity : 1)))).toEqual(expect.arrayContaining([facts.range, facts.faults]))
  })

  test('a value out of its range, even when it is gone before the row is frozen', async () => {
    const module = defineModule({
      name: 'bad', ...identity, features: { x: share }, state: () => ({ n: 0 }),
      on: { trade: (_trade, { state, features }) => void (features.x = ++state.n % 2 === 0 ? 0.5 : state.n === 101 ? 1.5 : 0.25) },
    })
    expect(await untrue(module)).toEqual(expect.arrayContaining([facts.range]))
  })

  test('0 for what is not known yet', async () => {
    const module = onTrade(() => ({ before: NaN }), ({ price }, state) => {
      const level = Number.isNaN(state.before) ? 0 : state.before + price
      state.before = price
      return level
    })
    expect(await untrue(module)).toEqual([facts.zeros])
  })

  test('0 for a column that is missing', async () => {
    const module = defineModule({
      name: 'bad', ...identity, features: { x: value }, requires: { cob: need('cob', '^1', { features: ['spreadBps'] }) },
      on: { trade: (_trade, { features, need: { cob } }) => void (features.x = cob.spreadBps > 0 ? cob.spreadBps : 0) },
    })
    expect(await untrue(module, trades, { needs: { cob: { spreadBps: 2 } } })).toEqual([facts.zeros])
  })

  test('a view that is kept', async () => {
    const kept: TradeView[] = []
    const module = onTrade(() => ({}), (trade) => {
      kept.push(trade)
      return kept.at(-2)?.price ?? NaN
    })
    expect(await untrue(module)).toContain(facts.events)
  })

  test('an event that is written to', async () => {
    const module = onTrade(() => ({}), (trade) => ((trade as { price: number }).price = 1))
    expect(await untrue(module)).toContain(facts.events)
    const candles = defineModule({
      name: 'bad', ...identity, features: { x: value }, candles: ['1m'],
      on: { 'candle:close': (candle) => void ((candle as { close: number }).close = 1) },
    })
    expect(await untrue(candles, fixtures.candles('BTC/USDT', '1m', { count: 300 }))).toContain(facts.events)
  })

  test('a list that grows', async () => {
    const found = await untrue(onTrade(() => ({ prices: [0] }), ({ price }, { prices }) => prices.push(price) % 10), trades, { long: true })
    expect(found).toEqual([facts.bounded])
  })

  test('a throw that comes late', async () => {
    const found = await untrue(onTrade(() => ({ n: 0 }), (_trade, state) => {
      if (++state.n === 60_000) throw new Error('late')
      return 1
    }), trades, { long: true })
    expect(found).toEqual([facts.bounded])
  })

  test('a throw on a book with one side', async () => {
    const module = defineModule({
      name: 'bad', ...identity, features: { x: value },
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
      name: 'bad', ...identity, features: { x: value },
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
      name: 'bad', ...identity, features: { x: value },
      on: { trade: (_trade, { emit }) => (emit as (topic: string, payload: object) => void)('sound:jump', { size: 1 }) },
    })
    expect(await untrue(module)).toContain(facts.faults)
  })

  test('a timer, a listener and a global that outlive it', async () => {
    const leak = (start: () => void) =>
      untrue(defineModule({ name: 'bad', ...identity, features: { x: value }, start, on: { trade: () => {} } }), trades, { only: facts.nothing })
    expect(await leak(() => clearInterval(setInterval(() => {}, 1e6)))).toEqual([])
    expect(await leak(() => void setInterval(() => {}, 1e6))).toEqual([facts.nothing])
    const listener = () => {}
    expect(await leak(() => void process.on('SIGUSR2', listener))).toEqual([facts.nothing])
    process.removeAllListeners('SIGUSR2')
    expect(await leak(() => void Object.assign(globalThis, { leaked: 1 }))).toEqual([facts.nothing])
    Reflect.deleteProperty(globalThis, 'leaked')
  })

  test('a module that hears nothing of its events', async () => {
    expect(await untrue(onTrade(() => ({}), () => 1), fixtures.candles('BTC/USDT', '1m', { count: 300 }))).toEqual([facts.quarantined])
  })

  test('a cleanup that a restart does not survive', async () => {
    let alive = true
    const module = defineModule({
      name: 'bad', ...identity, features: { x: value },
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
