import { defineModule, fromGrid, fromPackage, option, toGrid, type Instrument, type OptionValues } from '@tapeloom/core'
import {
  addQuote, addToSpreads, addToTradeFlow, addToVpin, advanceTradeFlow, amihudOf, checkHawkes, closePriceBar, createMicroPrice, createPriceBars,
  createTradeFlow, createTradeSpreads, createVpin, dayOfBars, kyleOf, largeShareOf, matureSpreads, PRICE_BAR_US, quoteState, rollTicks,
  settleTradeFlow, Slope, solveMicroPrice, spreadBps, tradeBurstOf, tradeImbalanceOf, tradeRateOf, turnBuckets, turnSession, vwapDeviationOf,
} from '@tapeloom/indicators'
import pkg from '@tapeloom/module-microstructure/package.json' with { type: 'json' }
import { bookImpact } from './book-impact.ts'
import {
  addToFootprint, addToSweep, continuesSweep, createFootprint, noSweep, takeFootprint, type FootprintEvent, type Sweep,
} from './footprint.ts'
import { microstructureFeatures } from './microstructure-features.ts'
import { addBook, advanceFlow, createQuoteFlow, flowOf, forgetBook, RANKS, settleFlow } from './quote-flow.ts'

export { almgrenChriss, almgrenImpact, type ExecutionProblem, type ParentOrder } from './optimal-execution.ts'
export { largestQuantity, marketImpact, type Impact, type Levels, type MarketDay } from './market-impact.ts'
export type { FootprintEvent } from './footprint.ts'

declare module '@tapeloom/core' {
  interface EventMap {
    /** One order took several prices: trades of one side at one exchange time. Told with the next event. */
    'microstructure:sweep': SweepEvent
    /** What was traded in a minute, by price. */
    'microstructure:footprint': FootprintEvent
  }
}
/** Trades of one side at one exchange time; `from` and `to` are the first and the last price. */
export interface SweepEvent {
  readonly aggressor: 'buy' | 'sell'
  readonly levels: number
  readonly quantity: number
  readonly from: number
  readonly to: number
}

/** Windows, µs. */
const SPANS = [1e6, 5e6, 15e6, 60e6]
/** All but the queue is written on the first event of each so much receive time, µs. */
const SAMPLE_US = 1e5
const [SECOND_US, MINUTE_US] = [1e6, 60e6]
/** Seconds over which the cumulative volume's slope is taken. */
const SLOPE_SECONDS = 60
/** Bars that are closed at once: one more than a window of them has. */
const MOST_BARS = 61
/** Quotes from which on the micro-price is solved; it is solved 24 times a session. */
const LEAST_QUOTES = 20_000

const declared = {
  session: option.duration({ default: '24h', description: 'Span after which cvd begins anew and buckets of vpin get another size.' }),
  deep: option.boolean({ default: true, description: 'Multi-level order flow: ofiDeep.' }),
  microPrice: option.boolean({ default: true, description: 'Micro-price: microLeanBps.' }),
  vpin: option.boolean({ default: true, description: 'vpin.' }),
  vpinBucket: option.number({ default: 0, min: 0, unit: 'base', description: 'Volume of a bucket; 0: a fiftieth of the session before.' }),
  footprint: option.boolean({ default: true, description: 'Footprints and sweeps.' }),
  sweepLevels: option.integer({ default: 3, min: 2, affects: 'none', description: 'Prices that a sweep takes at least.' }),
  impactSize: option.number({ default: 1, min: 0, unit: 'base', description: 'Quantity whose impact is estimated; 0: none.' }),
  hawkesMu: option.number({ default: 0, min: 0, description: 'Trades a second without excitation; 0: no Hawkes process.' }),
  hawkesAlpha: option.number({ default: 0.5, min: 0, description: 'Excitation by a trade, a second.' }),
  hawkesBeta: option.number({ default: 1, min: 0, description: 'Decay of the excitation, a second.' }),
}
type Options = OptionValues<typeof declared>

const createState = (vpinLots: number) => ({
  /** Begin of the next second and the next sample, µs. */
  nextSecond: -Infinity, nextSample: -Infinity,
  mid: NaN, isSolved: false,
  quotes: createQuoteFlow(SPANS), trades: createTradeFlow(SPANS), spreads: createTradeSpreads(), bars: createPriceBars(),
  micro: createMicroPrice(), vpin: createVpin(vpinLots), footprint: createFootprint(), sweep: noSweep(), mostTicks: NaN,
  slope: new Slope(SLOPE_SECONDS).state,
  /** Cumulative volume and lots when the session began; lots so far. */
  sessionCvd: 0, sessionLots: 0, lots: 0,
  /** Excitation of the Hawkes process at the last trade, and its exchange and receive time, µs. */
  excitation: NaN, excitedEvent: NaN, excitedAt: NaN,
})
type State = ReturnType<typeof createState>

/**
 * Order flow: imbalance of quotes and trades, spreads that are paid, price impact, and who trades against whom.
 * @throws TapeloomError at load when the parameters of the Hawkes process let it explode
 */
export const microstructure = defineModule({
  name: 'microstructure',
  ...fromPackage(pkg),
  description: 'Order flow, trade flow, spreads and market impact.',
  options: declared,
  features: microstructureFeatures,
  warmup: ({ session, vpin, microPrice }) => ({ live: `${Math.max((vpin || microPrice ? 3 : 2) * session, 900e6)}us`, tolerance: 1e-3 }),
  state: (options, { lot, contractSize }) => {
    if (options.hawkesMu > 0) checkHawkes({ mu: options.hawkesMu, alpha: options.hawkesAlpha, beta: options.hawkesBeta })
    return createState(options.vpinBucket > 0 ? Math.max(1, toGrid(lot, options.vpinBucket / contractSize)) : NaN)
  },
  stateVersion: 1,
  on: {
    trade(trade, { state, options, features, instrument, emit }) {
      const { tsInit: now, price } = trade
      const sign = trade.aggressor === 'buy' ? 1 : -1
      const ticks = toGrid(instrument.tick, price)
      const signed = sign * toGrid(instrument.lot, trade.quantity)
      if (!(ticks > 0)) return
      matureSpreads(state.spreads, now, state.mid)
      if (now >= state.nextSecond) turn(features, state, now, options, instrument, (footprint) => emit('microstructure:footprint', footprint))
      advanceTradeFlow(state.trades, now)
      addToTradeFlow(state.trades, now, ticks, signed)
      addToSpreads(state.spreads, now, sign, price, ticks, state.mid)
      const value = trade.quantity * instrument.contractSize * (instrument.kind === 'inverse' ? 1 : price)
      state.bars.signed += sign * value
      state.bars.volume += value
      state.lots += Math.abs(signed)
      if (options.vpin) addToVpin(state.vpin, signed)
      if (options.footprint) {
        const swept = continuesSweep(state.sweep, trade.tsEvent, sign) ? undefined : endSweep(state.sweep, options.sweepLevels, instrument)
        if (swept) emit('microstructure:sweep', swept)
        addToSweep(state.sweep, trade.tsEvent, sign, ticks, Math.abs(signed))
        addToFootprint(state.footprint, ticks, signed)
      }
      if (options.hawkesMu > 0) excite(state, trade.tsEvent, now, options.hawkesBeta)
      if (now >= state.nextSample) writeFeatures(features, state, now, options, instrument)
    },
    book(book, { state, options, features, instrument, emit }) {
      const now = book.tsInit
      matureSpreads(state.spreads, now, state.mid)
      if (now >= state.nextSecond) {
        turn(features, state, now, options, instrument, (footprint) => emit('microstructure:footprint', footprint))
        ;[features.impactBuyBps, features.impactSellBps] = bookImpact(book, instrument, options.impactSize, dayOfBars(state.bars))
      }
      const swept = options.footprint ? endSweep(state.sweep, options.sweepLevels, instrument) : undefined
      if (swept) emit('microstructure:sweep', swept)
      const { bestBid, bestAsk, bestBidQuantity: bidQuantity, bestAskQuantity: askQuantity } = book
      state.mid = book.midPrice
      const isKnown = book.status === 'live' && !Number.isNaN(state.mid)
      if (!isKnown) {
        forgetBook(state.quotes)
        state.mid = NaN
        state.micro.state = -1
        features.queueImb = features.microLeanBps = features.impactBuyBps = features.impactSellBps = features.mostTradedBps = features.rollBps = NaN
      } else {
        if (Number.isNaN(state.quotes.since)) state.quotes.since = now
        advanceFlow(state.quotes, now)
        const follows = book.kind === 'delta'
        addBook(state.quotes, book, follows, options.deep ? RANKS : 1)
        features.queueImb = (bidQuantity - askQuantity) / (bidQuantity + askQuantity)
        if (options.microPrice) {
          const bid = toGrid(instrument.tick, bestBid)
          const ask = toGrid(instrument.tick, bestAsk)
          if (!follows) state.micro.state = -1
          addQuote(state.micro, bid, ask, bidQuantity, askQuantity)
          features.microLeanBps = (1e4 * instrument.tickSize * state.micro.lean[quoteState(bid, ask, bidQuantity, askQuantity)]!) / state.mid
        }
      }
      if (now >= state.nextSample || !isKnown) writeFeatures(features, state, now, options, instrument)
    },
  },
})

/** A second, and what else of seconds, bars, minutes, hours and sessions, ends before the event at `now`. */
function turn(features: Features, state: State, now: number, options: Options, instrument: Instrument, tell: (event: FootprintEvent) => void): void {
  const { session, microPrice, vpin, vpinBucket } = options
  const [second, last, isFirst] = [Math.floor(now / SECOND_US), state.nextSecond / SECOND_US - 1, state.nextSecond === -Infinity]
  const count = (span: number) => (isFirst ? 0 : Math.floor(now / span) - Math.floor((last * SECOND_US) / span))
  const passed = (span: number) => count(span) !== 0
  for (let i = isFirst ? 0 : Math.min(SLOPE_SECONDS, second - last); i > 0; i--) new Slope(SLOPE_SECONDS, state.slope).add(state.trades.cvd)
  // Those without an event were still; of more than a window's the rest cannot matter.
  for (let i = Math.min(MOST_BARS, count(PRICE_BAR_US)); i > 0; i--) closePriceBar(state.bars, state.mid, instrument.tickSize)
  if (passed(MINUTE_US)) {
    const { ticks, mostTicks, levels } = takeFootprint(state.footprint)
    state.mostTicks = mostTicks
    const [price, quantity] = [(n: number) => fromGrid(instrument.tick, n), (n: number) => fromGrid(instrument.lot, n)]
    if (levels.length > 0) tell({
      openTime: Math.floor((last * SECOND_US) / MINUTE_US) * MINUTE_US, bucket: price(ticks),
      prices: levels.map((level) => price(level.ticks)),
      bought: levels.map(({ bought }) => quantity(bought)), sold: levels.map(({ sold }) => quantity(sold)),
    })
  }
  if (passed(session)) {
    const fiftieth = Math.max(1, Math.round((state.lots - state.sessionLots) / 50))
    if (vpin) turnBuckets(state.vpin, vpinBucket > 0 ? state.vpin.bucketLots : fiftieth)
    state.sessionLots = state.lots
    state.sessionCvd = state.trades.cvd
    turnSession(state.micro)
  }
  const { quotes, earlierQuotes } = state.micro
  if (microPrice && quotes + earlierQuotes >= LEAST_QUOTES && (passed(session / 24) || !state.isSolved)) {
    solveMicroPrice(state.micro)
    state.isSolved = true
  }
  state.nextSecond = (second + 1) * SECOND_US
  writeSlow(features, state, instrument)
}

/** Writes what changes with bars, minutes and five minutes of trades. */
function writeSlow(features: Features, { spreads, bars, mid, slope, mostTicks }: State, { tickSize, lotSize, contractSize }: Instrument): void {
  const { lambda, r2 } = kyleOf(bars)
  features.kyleLambda = lambda
  features.kyleR2 = r2
  features.amihud = amihudOf(bars)
  features.absorption = bars.absorption
  features.cvdSlope = slope[0]! * lotSize * contractSize
  features.rollBps = (1e4 * rollTicks(spreads) * tickSize) / mid
  features.effSpreadBps = spreadBps(spreads, 'effective')
  features.realSpreadBps = spreadBps(spreads, 'realised')
  features.priceImpactBps = spreadBps(spreads, 'impact')
  features.mostTradedBps = 1e4 * ((mostTicks * tickSize) / mid - 1)
}

/** The trades that no further one goes on from, if they took enough prices. */
function endSweep(sweep: Sweep, least: number, { tick, lot }: Instrument): SweepEvent | undefined {
  const { sign, levels, lots, from, to } = sweep
  sweep.levels = 0
  sweep.tsEvent = NaN
  if (levels < least) return undefined
  return { aggressor: sign > 0 ? 'buy' : 'sell', levels, quantity: fromGrid(lot, lots), from: fromGrid(tick, from), to: fromGrid(tick, to) }
}

/** R ← e^(−β Δt)(1 + R); trades of one timestamp count once. */
function excite(state: State, tsEvent: number, now: number, beta: number): void {
  if (tsEvent === state.excitedEvent) return
  const faded = Number.isNaN(state.excitation) ? 0 : Math.exp((-beta * Math.max(0, now - state.excitedAt)) / 1e6) * state.excitation
  Object.assign(state, { excitation: 1 + faded, excitedEvent: tsEvent, excitedAt: now })
}

type Features = { -readonly [K in keyof typeof microstructureFeatures]: number }

/** Writes what is sampled. */
function writeFeatures(features: Features, state: State, now: number, options: Options, { lotSize, contractSize }: Instrument): void {
  const { quotes, trades } = state
  advanceFlow(quotes, now)
  advanceTradeFlow(trades, now)
  settleFlow(quotes)
  settleTradeFlow(trades)
  features.ofi1s = flowOf(quotes, 0, now, false)
  features.ofi5s = flowOf(quotes, 1, now, false)
  features.ofi15s = flowOf(quotes, 2, now, false)
  features.ofi60s = flowOf(quotes, 3, now, false)
  features.ofiDeep1s = options.deep ? flowOf(quotes, 0, now, true) : NaN
  features.ofiDeep5s = options.deep ? flowOf(quotes, 1, now, true) : NaN
  features.ofiDeep15s = options.deep ? flowOf(quotes, 2, now, true) : NaN
  features.ofiDeep60s = options.deep ? flowOf(quotes, 3, now, true) : NaN
  features.tradeImb1s = tradeImbalanceOf(trades, 0, now)
  features.tradeImb5s = tradeImbalanceOf(trades, 1, now)
  features.tradeImb15s = tradeImbalanceOf(trades, 2, now)
  features.tradeImb60s = tradeImbalanceOf(trades, 3, now)
  features.vwapDevBps1s = vwapDeviationOf(trades, 0, now)
  features.vwapDevBps5s = vwapDeviationOf(trades, 1, now)
  features.vwapDevBps15s = vwapDeviationOf(trades, 2, now)
  features.vwapDevBps60s = vwapDeviationOf(trades, 3, now)
  features.tradeRate1s = tradeRateOf(trades, 0, now)
  features.tradeRate5s = tradeRateOf(trades, 1, now)
  features.tradeRate15s = tradeRateOf(trades, 2, now)
  features.tradeRate60s = tradeRateOf(trades, 3, now)
  features.largeShare = largeShareOf(trades, 3, now)
  features.burst = tradeBurstOf(trades, 1, now)
  features.cvd = Number.isNaN(trades.first) ? NaN : (trades.cvd - state.sessionCvd) * lotSize * contractSize
  features.vpin = options.vpin ? state.vpin.value : NaN
  const { hawkesMu, hawkesAlpha, hawkesBeta } = options
  const excitation = state.excitation * Math.exp((-hawkesBeta * Math.max(0, now - state.excitedAt)) / 1e6)
  features.hawkesRate = hawkesMu > 0 ? hawkesMu + hawkesAlpha * excitation : NaN
  state.nextSample = (Math.floor(now / SAMPLE_US) + 1) * SAMPLE_US
}
