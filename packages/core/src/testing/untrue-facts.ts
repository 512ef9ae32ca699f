import { defineModule, type Module } from '../module/define.ts'
import type { MarketInput } from '../ports/source.ts'
import type { TradeView } from '../vocabulary/views.ts'
import { fixtures, testModule, type Batch, type Golden } from './index.ts'

/** What every definition here has. */
export const identity = { version: '1.0.0', core: '*' }
/** A feature that may be any number. */
export const value = { rev: 1, unit: 'score', range: [-1e9, 1e9], description: '.' } as const
/** A feature from 0 to 1. */
export const share = { rev: 1, unit: 'ratio', range: [0, 1], description: '.' } as const
/** The tape that most defects are shown on. */
export const trades = fixtures.trades('BTC/USDT', { count: 1000 })

/** What the kit asserts of a module. */
export const facts = {
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
  golden: 'values change only with the rev of their feature',
} as const

type Extra = {
  readonly long?: boolean
  readonly only?: string
  readonly needs?: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly batch?: Batch
  readonly golden?: Golden
}

/** The facts that do not hold of a module; `long` asks also for the one over 100,000 events. */
export async function untrue(
  module: Module,
  events: Iterable<MarketInput> = trades,
  { long = false, only, ...extra }: Extra = {},
): Promise<string[]> {
  const checks: (readonly [string, () => void | Promise<void>])[] = []
  const collect = (name: string, run: () => void | Promise<void>) =>
    checks.push([name.slice(module.name.length + 2), run])
  testModule(module, { test: collect, events, print: () => {}, ...extra } as never)
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
export const onTrade = <S extends object>(
  state: () => S,
  next: (trade: TradeView, state: S) => number,
  features = { x: value },
) =>
  defineModule({
    name: 'bad',
    ...identity,
    features,
    state: state as never,
    on: { trade: (trade, ctx) => void (ctx.features.x = next(trade, ctx.state as S)) },
  }) as Module

/** Mean of the last eight prices, by a ring. */
export const mean8 = () => ({ ring: new Float64Array(8), seen: 0 })
/** Adds a price; the mean, NaN before the eighth. */
export const pushed = (state: { ring: Float64Array; seen: number }, price: number) => {
  state.ring[state.seen++ % 8] = price
  return state.seen < 8 ? NaN : state.ring.reduce((sum, one) => sum + one) / 8
}
