import { defineModule, fromPackage, option, type BookReader, type EventOf, type Instrument } from '@tapeloom/core'
import { Atr } from '@tapeloom/indicators'
import pkg from '@tapeloom/execution/package.json' with { type: 'json' }
import type { BrokerRules, ClosedTrade, Fill, Unfilled } from './broker-rules.ts'
import { createBroker, type BrokerState } from './broker-state.ts'
import { PaperBroker } from './paper-broker.ts'
import { positionColumns, positionFeatures, writePosition } from './position-features.ts'
import { gatesOf } from './risk-gates.ts'
import { TradeReporter } from './trade-reporter.ts'

interface Handled {
  readonly state: BrokerState
  readonly options: BrokerRules
  readonly instrument: Instrument
  readonly clock: { now(): number }
  emit(topic: 'pnl:fill', payload: Fill): void
  emit(topic: 'pnl:trade', payload: ClosedTrade): void
  emit(topic: 'pnl:unfilled', payload: Unfilled): void
}

const brokerOf = ({ state, options, instrument, emit }: Handled): PaperBroker =>
  new PaperBroker(instrument, options, {
    filled: (fill) => emit('pnl:fill', fill), closed: (trade) => emit('pnl:trade', trade), unfilled: (order) => emit('pnl:unfilled', order),
  }, state)

/** Carries a decision out: reversing closes first. */
function follow(broker: PaperBroker, { action, reason, asOf }: EventOf<'decision'>, book: BookReader, now: number): void {
  broker.settle(book, now)
  if (action === 'hold') return
  const closes = reason.startsWith('close-')
  broker.signal(closes ? 0 : action === 'buy' ? 1 : -1, asOf, now, reason)
}

/**
 * Trades decisions on paper, keeps exact books, guards them with risk gates, and tells the position as ten features:
 * the position block of references, which candles cannot give back.
 */
export const pnl = defineModule({
  name: 'pnl',
  ...fromPackage(pkg),
  description: 'Paper trading with exact books, risk gates and the position as features.',
  options: {
    takerBps: option.number({ default: NaN, min: -100, max: 1000, description: 'Fee of an order that takes; there is no default.' }),
    makerBps: option.number({ default: NaN, min: -100, max: 1000, description: 'Fee of an order that rests, < 0 a rebate; there is no default.' }),
    cash: option.number({ default: 10_000, min: 1e-6, max: 1e12, description: 'Starting cash of each symbol, in its settlement asset.' }),
    share: option.number({ default: 0.1, min: 1e-6, max: 100, description: 'Share of the equity that a position takes.' }),
    quantity: option.number({ default: 0, min: 0, description: 'Quantity of a position; 0: by share.' }),
    entry: option.oneOf(['taker', 'maker'], { default: 'taker', description: 'Whether an opening order takes, or rests at the best price of its side.' }),
    latency: option.duration({ default: '50ms', description: 'From a decision to the book that its order meets.' }),
    patience: option.duration({ default: '5s', description: 'How long an order waits for a book, a counterpart or the rest of its quantity.' }),
    stopAtr: option.number({ default: 3, min: 0, max: 1000, description: 'Distance of the stop from the mean entry in ATR(14); 0: none.' }),
    fundingBps: option.number({ default: 0, min: -1000, max: 1000, description: 'Funding that longs pay each time, of the value at the mark.' }),
    fundingEvery: option.duration({ default: '8h', description: 'Time between two fundings: they fall on its multiples, UTC.' }),
    maxPosition: option.number({ default: 1, min: 0, max: 100, description: 'Value of a position over the equity, at most.' }),
    dailyLoss: option.number({ default: 0.05, min: 1e-6, max: 1, description: 'Share of the equity that may be lost in a UTC day.' }),
    maxDrawdown: option.number({ default: 0.2, min: 1e-6, max: 1, description: 'Share of the highest equity that may be lost at all.' }),
    cooldown: option.duration({ default: '1s', description: 'No opening for so long after a losing trade.' }),
    maxSpreadBps: option.number({ default: 50, min: 0, max: 1e4, description: 'No opening beyond this spread.' }),
    maxAge: option.duration({ default: '2m', description: 'No opening when the newest input is older.' }),
    killSwitch: option.boolean({ default: false, description: 'Opens nothing and closes what is held.' }),
    timeframe: option.timeframe({ default: '1m', description: 'Candles of the ATR, and of fills where there is no book.' }),
    horizon: option.duration({ default: '60s', description: 'Unit of holding and sinceTrade.' }),
  },
  features: positionFeatures,
  candles: ({ timeframe }) => [timeframe],
  warmup: ({ timeframe }) => ({ [timeframe]: 15 }),
  // A restart keeps the books: no history can give a position back.
  state: ({ cash }, instrument, previous?): BrokerState =>
    (previous ? { ...(previous as BrokerState), atr: new Atr(14).state } : createBroker(instrument, cash)),
  on: {
    book(book, ctx) {
      const [broker, now] = [brokerOf(ctx), ctx.clock.now()]
      broker.book(book, now)
      writePosition(ctx.features, broker, ctx.instrument, ctx.options.horizon, now)
    },
    trade({ price, quantity, aggressor }, ctx) {
      const [broker, now] = [brokerOf(ctx), ctx.clock.now()]
      broker.trade(price, quantity, aggressor, now)
      writePosition(ctx.features, broker, ctx.instrument, ctx.options.horizon, now)
    },
    'candle:close'(candle, ctx) {
      const [broker, now] = [brokerOf(ctx), ctx.clock.now()]
      if (candle.origin === 'warm-up') return broker.range(candle.high, candle.low, candle.close)
      broker.candle(candle, now)
      writePosition(ctx.features, broker, ctx.instrument, ctx.options.horizon, now)
    },
    decision(decision, ctx) {
      follow(brokerOf(ctx), decision, ctx.book, ctx.clock.now())
    },
  },
  position(ctx) {
    const [{ book, features, state, options }, broker] = [ctx, brokerOf(ctx)]
    return {
      side: broker.target,
      gates: gatesOf(state, Math.max(broker.exposure, broker.wanted), book, ctx.clock.now(), options),
      block: positionColumns.map((column) => features[column]),
    }
  },
  participant: () => new TradeReporter(),
})
