import type { FeatureSet } from '@tapeloom/core'

const CONT = 'Cont, Kukanov & Stoikov (2014), The price impact of order book events'
const EASLEY = 'Easley, López de Prado & O’Hara (2012), Flow toxicity and liquidity in a high-frequency world'
const ALMGREN = 'Almgren, Thum, Hauptmann & Li (2005); Tóth et al. (2011)'

const feature = <const U extends 'ratio' | 'bps' | 'base' | 'quote' | 'count', const R extends readonly [number, number]>(
  unit: U, range: R, description: string, source?: string,
) => ({ rev: 1, unit, range, description, ...(source !== undefined && { source }) }) as const
const RATIO = [-1e9, 1e9] as const
const BPS = [-1e6, 1e6] as const

const flow = (span: string) => feature('ratio', RATIO, `Order flow imbalance of the best quotes over ${span}, in mean depths of the best; > 0: demand grew.`, CONT)
const deep = (span: string) => feature('ratio', RATIO, `Order flow imbalance of the ranks 1 to 5 over ${span}, in their mean depth.`, 'Xu, Gould & Howison (2019), Multi-level order-flow imbalance')
const imbalance = (span: string) => feature('ratio', [-1, 1], `Bought less sold quantity over their sum in ${span}; > 0: more was bought.`)
const deviation = (span: string) => feature('bps', BPS, `Last trade price above the volume-weighted mean of ${span}.`)
const rate = (span: string) => feature('count', [0, 1e9], `Trades a second over ${span}.`)
const spread = (what: string, source: string) => feature('bps', BPS, `${what}, mean over the trades of five minutes.`, source)
const impact = (side: string) => feature('bps', [-1e6, 1e6], `Expected cost of ${side} impactSize at once against the mid price; missing where the book does not hold it.`, ALMGREN)

/** The columns of module-microstructure. NaN where the book is not live, nothing was traded, or too little is known. */
export const microstructureFeatures = {
  ofi1s: flow('a second'), ofi5s: flow('5 s'), ofi15s: flow('15 s'), ofi60s: flow('a minute'),
  ofiDeep1s: deep('a second'), ofiDeep5s: deep('5 s'), ofiDeep15s: deep('15 s'), ofiDeep60s: deep('a minute'),
  tradeImb1s: imbalance('a second'), tradeImb5s: imbalance('5 s'), tradeImb15s: imbalance('15 s'), tradeImb60s: imbalance('a minute'),
  vwapDevBps1s: deviation('a second'), vwapDevBps5s: deviation('5 s'), vwapDevBps15s: deviation('15 s'), vwapDevBps60s: deviation('a minute'),
  tradeRate1s: rate('a second'), tradeRate5s: rate('5 s'), tradeRate15s: rate('15 s'), tradeRate60s: rate('a minute'),
  largeShare: feature('ratio', [0, 1], 'Share of the minute’s volume in trades above the 95th percentile of the last 512, known to an eighth of an octave.'),
  burst: feature('ratio', [0, 1e6], 'Trade rate of 5 s over its exponential mean of a minute.'),
  cvd: feature('base', [-1e15, 1e15], 'Cumulative bought less sold quantity since the session began.'),
  cvdSlope: feature('base', [-1e15, 1e15], 'Least squares slope of the cumulative volume over 60 s, a second.'),
  absorption: feature('quote', [0, 1e15], 'Absolute signed value of the last 10 s with a trade, for each tick (at least one) that the mid price moved.'),
  queueImb: feature('ratio', [-1, 1], 'Best bid less best ask quantity over their sum.', CONT),
  microLeanBps: feature('bps', BPS, 'Micro-price above the mid price.', 'Stoikov (2018), The micro-price'),
  vpin: feature('ratio', [0, 1], 'Mean |bought − sold| / volume of the last 50 buckets of equal volume, true aggressors.', EASLEY),
  kyleLambda: feature('bps', [-1e12, 1e12], 'Move of the mid price for 1e6 quote units of signed volume, 10 s over ten minutes.', 'Kyle (1985); Hasbrouck (2009)'),
  kyleR2: feature('ratio', [0, 1], 'Share of the moves that kyleLambda explains.', 'Kyle (1985)'),
  amihud: feature('bps', [0, 1e12], 'Mean absolute move for 1e6 quote units traded, 10 s over ten minutes.', 'Amihud (2002), Illiquidity and stock returns'),
  rollBps: feature('bps', [0, 1e6], 'Spread that makes trade prices bounce as they do over five minutes; missing where they go on.', 'Roll (1984)'),
  effSpreadBps: spread('Twice what trades paid beyond the mid price', 'Huang & Stoll (1996)'),
  realSpreadBps: spread('The same against the mid price 5 s later', 'Huang & Stoll (1996)'),
  priceImpactBps: spread('effSpreadBps less realSpreadBps: what the mid price moved with the trade', 'Huang & Stoll (1996)'),
  impactBuyBps: impact('buying'),
  impactSellBps: impact('selling'),
  mostTradedBps: feature('bps', BPS, 'Bucket with most volume in the last footprint above the mid price.'),
  hawkesRate: feature('count', [0, 1e9], 'Intensity of a Hawkes process of trades, a second.', 'Hawkes (1971)'),
} as const satisfies FeatureSet
