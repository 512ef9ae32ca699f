import { defineModule, fromPackage, option, TapeloomError, timeframeUs, type MarketSymbol, type Warmup } from '@tapeloom/core'
import pkg from '@tapeloom/module-correlation/package.json' with { type: 'json' }
import { addPair, createAsset, forgetPair, relateTicks, type Asset } from './asset.ts'
import { correlationColumns, MOST_LAG_US } from './correlation-columns.ts'
import { addTick, createTicks, ticksSince, type TickRing } from './tick-ring.ts'

export {
  hayashiYoshida, hayashiYoshidaRatio, leadLag, realisedVariance, ticksOf, type LeadLag, type Ticks,
} from './hayashi-yoshida.ts'
export { johansen, type Johansen, type JohansenSpec } from './johansen.ts'
export { kalmanLevel, type KalmanLevel } from './kalman-level.ts'
export { hedgeRatio, type HedgeRatio } from './kalman-regression.ts'

/** Changes of price that are kept of a symbol. */
const TICKS = 2048

/**
 * How each symbol moves with one reference: correlation over three spans, beta, what beta leaves, who leads, and whether
 * the relation has broken. One instance for all symbols.
 * @throws TapeloomError `correlation.lags` at load when the shifts reach farther than an hour
 */
export const correlation = defineModule({
  name: 'correlation',
  ...fromPackage(pkg),
  description: 'An asset against a reference asset.',
  scope: 'global',
  options: {
    reference: option.string({ default: 'BTC/USDT', description: 'The symbol that the others are compared with.' }),
    timeframe: option.timeframe({ default: '1m', description: 'Series whose closes make the pairs.' }),
    beta: option.oneOf(['window', 'kalman'], { default: 'window', description: 'Of 240 pairs, or a random walk that is filtered.' }),
    stateNoise: option.number({ default: 1.7e-5, min: 0, max: 1, description: 'Of the filter: 1/pairs² it remembers; 0: all.' }),
    ticks: option.oneOf(['mid', 'trade'], { default: 'mid', description: 'Price whose changes are the ticks.' }),
    tickWindow: option.duration({ default: '5m', description: 'How far back ticks count.' }),
    lagStep: option.duration({ default: '100ms', description: 'Distance of the shifts that are tried.' }),
    lags: option.integer({ default: 20, min: 0, max: 200, description: 'Shifts tried each way; 0: none.' }),
  },
  features: correlationColumns,
  candles: ({ timeframe }) => [timeframe],
  warmup: ({ timeframe, tickWindow, beta, stateNoise }): Warmup => {
    const memory = beta === 'kalman' ? 12 / Math.sqrt(Math.max(stateNoise, 1e-6)) : 0
    const tolerance = beta === 'window' ? 1e-6 : stateNoise >= 1e-6 ? 1e-3 : 1 // least squares of all pairs forget nothing
    return { [timeframe]: Math.max(1500, Math.ceil(memory)), ...({ live: `${tickWindow}us`, tolerance } as Warmup) }
  },
  state: ({ lagStep, lags }) => {
    const reach = lagStep * lags
    if (reach <= MOST_LAG_US) return { assets: {} as Record<string, Asset> }
    throw new TapeloomError('correlation.lags', `[module correlation] ${lags} lags of ${lagStep} us reach ${reach / 1e6} s. Take at most 3600 s.`)
  },
  stateVersion: 1,
  on: {
    trade({ tsInit, price }, { state, options, symbol }) {
      if (options.ticks === 'trade') addTick(ticksOfAsset(state.assets, symbol), tsInit, price)
    },
    book({ tsInit, status, midPrice }, { state, options, symbol }) {
      if (options.ticks === 'mid' && status === 'live') addTick(ticksOfAsset(state.assets, symbol), tsInit, midPrice)
    },
    'candle:close'({ closeTime, close }, { state: { assets }, options, symbol, symbols, of, clock }) {
      const { reference, timeframe, beta, stateNoise, tickWindow, lagStep, lags } = options
      const [own, first] = [assetOf(assets, symbol), assetOf(assets, reference)]
      if (closeTime <= own.closeTime) return // a backfill
      own.closeTime = closeTime
      own.close = close
      const [since, base] = [clock.now() - tickWindow, first.ticks]
      const pair = (other: MarketSymbol) => {
        const [asset, { features }] = [assetOf(assets, other), of(other)]
        if (!addPair(asset, first, beta === 'kalman' ? stateNoise : undefined, features)) {
          // The other's candle of this time may still come; where two are missing, what is known is of another time.
          if (!(Math.abs(asset.closeTime - first.closeTime) < 2 * timeframeUs(timeframe))) forgetPair(features)
        } else if (asset.ticks && base) relateTicks(ticksSince(asset.ticks, since), ticksSince(base, since), lagStep, lags, features)
      }
      if (symbol !== reference) pair(symbol)
      else for (const other of symbols) if (other !== reference) pair(other)
    },
  },
})

const assetOf = (assets: Record<string, Asset>, symbol: string): Asset => (assets[symbol] ??= createAsset())
const ticksOfAsset = (assets: Record<string, Asset>, symbol: string): TickRing => (assetOf(assets, symbol).ticks ??= createTicks(TICKS))
