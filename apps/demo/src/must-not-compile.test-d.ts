// Checked by tsc alone: each line below a @ts-expect-error must not compile. Nothing here is run.
// oxlint-disable no-unused-expressions -- reading a member is what is checked
import {
  baseline, defineModule, defineSource, fromPackage, instrument, lane, need, option, Orchestrator, toProbabilities, use,
  type MarketSymbol,
} from '@tapeloom/core'
import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import { DataProvider } from '@tapeloom/data'
import { simulatedMarket } from '@tapeloom/data/sim'
import { defineModel, dense } from '@tapeloom/models'
import { cob } from '@tapeloom/module-cob'
import { pivot } from '@tapeloom/module-pivot'
import { openDuckDB } from '@tapeloom/store-duckdb'
import { training, type TrainingEventSubscriber } from '@tapeloom/training'
import { test } from 'vitest'
import { burst } from 'tapeloom-module-burst'

const identity = { version: '1.0.0', core: '^1.0.0' }
const flat = { rev: 1, unit: 'ratio', range: [0, 1], description: '.' } as const

// ---- modules
export const bad = defineModule({
  name: 'bad', ...identity,
  options: { depth: option.integer({ default: 5 }) },
  features: { lean: flat },
  requires: { cob: need('cob', '^1', { features: ['imbalance5'] }) },
  state: (options) => ({ n: options.depth, on: false, last: [0], ring: new Float64Array(8), deep: { seen: true } }),
  on: {
    trade(trade, ctx) {
      ctx.state.on = true
      ctx.state.deep.seen = false
      const lean: number = ctx.need.cob.imbalance5
      ctx.features.lean = lean
      // @ts-expect-error a misspelt feature
      ctx.features.laen = 1
      // @ts-expect-error a column that is not listed in requires
      ctx.need.cob.spreadBps
      // @ts-expect-error a module that is not required
      ctx.need.pivot
      // @ts-expect-error a misspelt option
      ctx.options.dept
      // @ts-expect-error options are read only
      ctx.options.depth = 3
      // @ts-expect-error events are read only
      trade.price = 3
      // @ts-expect-error a key that is not in state
      ctx.state.m = 1
      // @ts-expect-error another module's topic
      ctx.emit('cob:wall', { side: 'bid', price: 1, quote: 1, state: 'up' })
      // @ts-expect-error missing is NaN, not null
      ctx.features.lean = null
    },
    // @ts-expect-error a misspelt event
    'candle:closed'() {},
  },
})
defineModule({
  // @ts-expect-error unknown key
  nam: 'x', name: 'key', ...identity,
})
// @ts-expect-error state must be plain data
defineModule({ name: 'map', ...identity, state: () => ({ seen: new Map<string, number>() }) })
// @ts-expect-error state must be plain data, at any depth
defineModule({ name: 'map', ...identity, state: () => ({ deep: { when: new Date(0) } }) })
// @ts-expect-error wrong unit
defineModule({ name: 'unit', ...identity, features: { x: { ...flat, unit: 'percent' } } })
// @ts-expect-error wrong duration
option.duration({ default: '5min' })
// @ts-expect-error default is not one of the values
option.oneOf(['a', 'b'], { default: 'c' })
declare module '@tapeloom/core' {
  interface EventMap {
    'own:seen': { readonly count: number }
  }
}
defineModule({
  name: 'own', ...identity,
  on: {
    'cob:wall'(wall, ctx) {
      // @ts-expect-error wrong payload
      ctx.emit('own:seen', { count: 'one' })
      // @ts-expect-error misspelt topic
      ctx.emit('own:sean', { count: 1 })
      const side: 'bid' | 'ask' = wall.side
      ctx.emit('own:seen', { count: side === 'bid' ? wall.sequence : 1 })
    },
  },
})
const globe = defineModule({
  name: 'globe', ...identity, scope: 'global', features: { rho: flat },
  state: () => ({ n: 0 }),
  on: {
    trade(_trade, ctx) {
      ctx.of('ETH/USDT').features.rho = ctx.state.n
      // @ts-expect-error a global module has no slice of its own
      ctx.features
    },
  },
})

// ---- predictors
const net = defineModel({
  name: 'n', inputs: { book: [2], bars: [60, 5] }, targets: { direction: 'class' },
  forward: ({ book }) => ({ direction: dense(book, 3) }),
  loss: (output, target) => {
    // @ts-expect-error no such output
    output.directoin
    // @ts-expect-error no such target
    target.move
    return output.direction
  },
})
const needs = { cob: need('cob', '^1', { features: ['imbalance5', 'spreadBps'] }) }
const target = { timeframe: '1m', ahead: 1 } as const
const decode = ({ direction }: { readonly direction: Float32Array }) => ({ probabilities: toProbabilities(direction) })
const labels = { candle: () => ({ direction: 0 }) }
// @ts-expect-error a column that is not listed in requires
defineModule({ name: 'p', ...identity, requires: needs, model: { network: net, inputs: { book: ['cob.imbalance5', 'cob.depth'], bars: lane('1m', 60) }, target, decode, labels } })
// @ts-expect-error three columns for two places
defineModule({ name: 'p', ...identity, requires: needs, model: { network: net, inputs: { book: ['cob.imbalance5', 'cob.spreadBps', 'cob.spreadBps'], bars: lane('1m', 60) }, target, decode, labels } })
// @ts-expect-error a lane of the wrong length
defineModule({ name: 'p', ...identity, requires: needs, model: { network: net, inputs: { book: ['cob.imbalance5', 'cob.spreadBps'], bars: lane('1m', 30) }, target, decode, labels } })
// @ts-expect-error an input that nothing feeds
defineModule({ name: 'p', ...identity, requires: needs, model: { network: net, inputs: { book: ['cob.imbalance5', 'cob.spreadBps'] }, target, decode, labels } })
// @ts-expect-error a label without its target
defineModule({ name: 'p', ...identity, requires: needs, model: { network: net, inputs: { book: ['cob.imbalance5', 'cob.spreadBps'], bars: lane('1m', 60) }, target, decode, labels: { candle: () => ({}) } } })
defineModule({
  name: 'p', ...identity, requires: needs,
  model: {
    network: net, inputs: { book: ['cob.imbalance5', 'cob.spreadBps'], bars: lane('1m', 60) }, target,
    // @ts-expect-error no such output
    decode({ directoin }) { return { abstain: `${directoin}` } },
    labels,
  },
})
// @ts-expect-error probabilities lack hold
defineModule({ name: 'q', ...identity, predict: () => ({ horizon: '60s', probabilities: { buy: 1, sell: 0 } }) })

// ---- orchestrator
const data = new DataProvider({ sources: [simulatedMarket({ symbols: ['BTC/USDT'], duration: '1m', seed: 1 })] })
const host = new Orchestrator({ data, modules: [use(cob, { bucket: 2 }, { id: 'wide' }), pivot, baseline, globe, training] })
const row = host.getFeatures('BTC/USDT').values
row['wide.imbalance5'] satisfies number | null
row['wide.bucketBid3'] satisfies number | null | undefined
// @ts-expect-error misspelt column
row['pivot.l1Tend']
// @ts-expect-error the instance is called wide
row['cob.imbalance5']
// @ts-expect-error not a ccxt symbol
host.getFeatures('BTCUSDT')
// @ts-expect-error no such module
host.disable('pivto')
// @ts-expect-error misspelt option
use(cob, { buckt: 2 })
// @ts-expect-error wrong value
use(pivot, { tie: 'loose' })
// @ts-expect-error a veto answers with a reason, not with a boolean
host.onDecision(() => true, { stage: 'veto' })
// @ts-expect-error no such topic
host.on('pivot:confirmed', () => {})
// @ts-expect-error delivery must be said
host.observe('decision', () => {})
// @ts-expect-error copies have no reader
host.observe('book', 'latest', (book) => book.depth)
host.participant(training).subscribe
// @ts-expect-error cob has no participant
host.participant(cob).subscribe
const any: Orchestrator = host // an orchestrator of known modules is an orchestrator
any.getFeatures('BTC/USDT').values['x.y'] satisfies number | null | undefined
new Orchestrator({ data, modules: [] }).getPredictions('BTC/USDT')

// ---- source, testing, store
defineSource({
  name: 's', instruments: [instrument('BTC/USDT', { venue: 'x', tickSize: '0.01', lotSize: '1' })],
  // @ts-expect-error a trade without its aggressor
  async *events() { yield { kind: 'trade', symbol: 'BTC/USDT', tsEvent: 1, price: 1, quantity: 1 } },
})
// @ts-expect-error burst needs cob.spreadBps
testModule(burst, { test, events: fixtures.trades('BTC/USDT') })
testModule(pivot, { test, events: fixtures.candles('BTC/USDT', '1m') })
// @ts-expect-error no such feature
harness(burst).features.ration
const store = await openDuckDB('x')
const { hour } = await store.query('select 1 as hour', { columns: { hour: 'number' } })
hour satisfies Float64Array
declare const loose: string
// @ts-expect-error a string from outside goes through parseSymbol
loose satisfies MarketSymbol
const scout = defineModule({
  name: 'scout', ...identity, requires: needs,
  model: { network: net, inputs: { book: ['cob.imbalance5', 'cob.spreadBps'], bars: lane('1m', 60) }, target, decode, labels },
})
export const wrongTarget: TrainingEventSubscriber<typeof scout> = {
  name: 's', model: 'scout',
  // @ts-expect-error a misspelt target
  onCandleCompletion: (_candle, reference) => ({ reference, targets: { directoin: 0 } }),
}
// @ts-expect-error another model's name
export const wrongModel: TrainingEventSubscriber<typeof scout> = { name: 's', model: 'scuot' }
// @ts-expect-error a column that is not listed in the query
const { nope: _nope } = await store.query('select 1 as hour', { columns: { hour: 'number' } })
// @ts-expect-error a package without the peer
fromPackage({ name: 'x', version: '1.0.0', peerDependencies: {} })

defineModule({
  name: 'bare', ...identity, requires: { cob: need('cob', '^1') },
  on: {
    trade(_trade, ctx) {
      // @ts-expect-error no column is listed
      ctx.need.cob.imbalance5
    },
  },
})
