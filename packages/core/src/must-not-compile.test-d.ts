// Checked by tsc alone: each line below a @ts-expect-error must not compile. Nothing here is run.
// oxlint-disable no-unused-expressions -- reading a member is what is checked
import {
  baseline, defineModule, defineSource, fromPackage, instrument, lane, need, option, Orchestrator, toProbabilities, use,
  type DataPort, type MarketSymbol, type Network, type Participant,
} from './index.ts'
import { fixtures, harness, testModule } from './testing/index.ts'

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
      ctx.emit('other:wall', { side: 'bid' })
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
    'mine:seen': { readonly count: number }
    'other:wall': { readonly side: 'bid' | 'ask' }
  }
}
defineModule({
  name: 'mine', ...identity,
  on: {
    'other:wall'(wall, ctx) {
      // @ts-expect-error wrong payload
      ctx.emit('mine:seen', { count: 'one' })
      // @ts-expect-error misspelt topic
      ctx.emit('mine:sean', { count: 1 })
      const side: 'bid' | 'ask' = wall.side
      ctx.emit('mine:seen', { count: side === 'bid' ? wall.sequence : 1 })
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
type Inputs = { readonly book: readonly [2]; readonly bars: readonly [60, 5] }
declare const net: Network<Inputs, 'direction', { readonly direction: 'class' }>
const needs = { cob: need('cob', '^1', { features: ['imbalance5', 'spreadBps'] }) }
const target = { timeframe: '1m', ahead: 1 } as const
const decode = ({ direction }: { readonly direction: Float32Array }) => ({ probabilities: toProbabilities(direction) })
const labels = { candle: () => ({ direction: 0 }) }
const both = { book: ['cob.imbalance5', 'cob.spreadBps'], bars: lane('1m', 60) } as const
const rest = { network: net, target, decode, labels } as const
const bars = lane('1m', 60)
defineModule({ name: 'p', ...identity, requires: needs, model: { ...rest, inputs: both } }) // these two compile
defineModule({ name: 'p', ...identity, requires: needs, model: { ...rest, inputs: { book: ['cob.imbalance5', 'cob.spreadBps'], bars } } })
// @ts-expect-error a column that is not listed in requires
defineModule({ name: 'p', ...identity, requires: needs, model: { ...rest, inputs: { book: ['cob.imbalance5', 'cob.depth'], bars } } })
// @ts-expect-error three columns for two places
defineModule({ name: 'p', ...identity, requires: needs, model: { ...rest, inputs: { book: ['cob.imbalance5', 'cob.spreadBps', 'cob.spreadBps'], bars } } })
// @ts-expect-error a lane of the wrong length
defineModule({ name: 'p', ...identity, requires: needs, model: { ...rest, inputs: { book: ['cob.imbalance5', 'cob.spreadBps'], bars: lane('1m', 30) } } })
// @ts-expect-error an input that nothing feeds
defineModule({ name: 'p', ...identity, requires: needs, model: { ...rest, inputs: { book: ['cob.imbalance5', 'cob.spreadBps'] } } })
// @ts-expect-error a label without its target
defineModule({ name: 'p', ...identity, requires: needs, model: { ...rest, inputs: both, labels: { candle: () => ({}) } } })
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
declare const data: DataPort
const cob = defineModule({
  name: 'cob', ...identity,
  options: { bucket: option.number({ default: 0 }), tie: option.oneOf(['first', 'last'], { default: 'first' }) },
  features: { imbalance5: flat, bucketBid: { ...flat, size: 20 } },
})
const counter = { name: 'plugged', count: 1, attach() {}, snapshot: () => null, restore() {} }
const plugged = defineModule({
  name: 'plugged', ...identity,
  participant: (): Participant & { readonly count: number } => counter,
})
const host = new Orchestrator({ data, modules: [use(cob, { bucket: 2 }, { id: 'wide' }), baseline, globe, plugged] })
const row = host.getFeatures('BTC/USDT').values
row['wide.imbalance5'] satisfies number | null
row['wide.bucketBid3'] satisfies number | null | undefined
// @ts-expect-error misspelt column
row['wide.imbalance']
// @ts-expect-error the instance is called wide
row['cob.imbalance5']
// @ts-expect-error not a ccxt symbol
host.getFeatures('BTCUSDT')
// @ts-expect-error no such module
void host.disable('widee')
// @ts-expect-error misspelt option
use(cob, { buckt: 2 })
// @ts-expect-error an option of a module without options
use(defineModule({ name: 'plain', ...identity }), { span: 3 })
// @ts-expect-error wrong value
use(cob, { tie: 'loose' })
// @ts-expect-error a veto answers with a reason, not with a boolean
host.onDecision(() => true, { stage: 'veto' })
// @ts-expect-error no such topic
host.on('pivot:confirmed', () => {})
// @ts-expect-error delivery must be said
host.observe('decision', () => {})
// @ts-expect-error copies have no reader
host.observe('book', 'latest', (book) => book.depth)
host.participant(plugged).count satisfies number
// @ts-expect-error cob has no participant
host.participant(cob).count
const any: Orchestrator = host // an orchestrator of known modules is an orchestrator
any.getFeatures('BTC/USDT').values['x.y'] satisfies number | null | undefined
new Orchestrator({ data, modules: [] }).getPredictions('BTC/USDT')

// ---- sources and symbols
defineSource({
  name: 's', instruments: [instrument('BTC/USDT', { venue: 'x', tickSize: '0.01', lotSize: '1' })],
  // @ts-expect-error a trade without its aggressor
  async *events() { yield { kind: 'trade', symbol: 'BTC/USDT', tsEvent: 1, price: 1, quantity: 1 } },
})
declare const loose: string
// @ts-expect-error a string from outside goes through parseSymbol
loose satisfies MarketSymbol
// @ts-expect-error a package without the peer
fromPackage({ name: 'x', version: '1.0.0', peerDependencies: {} })

// ---- testing
declare const test: (name: string, run: () => void | Promise<void>) => void
const needy = defineModule({
  name: 'needy', ...identity, features: { ratio: flat }, requires: { cob: need('cob', '^1', { features: ['spreadBps'] }) },
})
testModule(needy, { test, events: fixtures.trades('BTC/USDT'), needs: { cob: { spreadBps: 2 } } })
// @ts-expect-error needy needs cob.spreadBps
testModule(needy, { test, events: fixtures.trades('BTC/USDT') })
// @ts-expect-error a column that is not listed in requires
testModule(needy, { test, events: fixtures.trades('BTC/USDT'), needs: { cob: { spreadBps: 2, depth: 1 } } })
testModule(cob, { test, events: fixtures.candles('BTC/USDT', '1m') })
// @ts-expect-error cob needs nothing
testModule(cob, { test, events: fixtures.trades('BTC/USDT'), needs: { pivot: { l1Trend: 1 } } })
// @ts-expect-error misspelt option
testModule(cob, { test, events: fixtures.book('BTC/USDT'), options: { buckt: 1 } })
// @ts-expect-error no such feature
harness(needy).features.ration
harness(needy).features.ratio satisfies number | null
harness(cob).features.bucketBid3 satisfies number | null | undefined
// @ts-expect-error no such topic
harness(cob).emitted('cob:walls')
harness(cob).emitted('other:wall')[0]?.side satisfies 'bid' | 'ask' | undefined

defineModule({
  name: 'bare', ...identity, requires: { cob: need('cob', '^1') },
  on: {
    trade(_trade, ctx) {
      // @ts-expect-error no column is listed
      ctx.need.cob.imbalance5
    },
  },
})
