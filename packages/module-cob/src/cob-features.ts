import type { FeatureSet } from '@tapeloom/core'

const SIGNED = { rev: 1, unit: 'ratio', range: [-1, 1] } as const
const FLAG = { rev: 1, unit: 'ratio', range: [0, 1] } as const
const SOURCE = 'Cont, Kukanov & Stoikov (2014), The price impact of order book events'

const imbalance = (buckets: number) =>
  ({ ...SIGNED, description: `(B − A)/(B + A) over the first ${buckets} buckets from each best, > 0: more bids.`, source: SOURCE }) as const
const mean = (span: string) =>
  ({ ...SIGNED, description: `Time-weighted mean of imbalance5 over the last ${span}, once half of it is known.` }) as const
const depth = (side: string) =>
  ({ rev: 1, unit: 'quote', range: [0, 1e15], description: `Value of the ${side} within 10 bps of the mid price.` }) as const
const bucket = (side: string) =>
  ({ rev: 1, unit: 'score', range: [0, 50], size: 20, description: `ln(1 + value in quote units) of each ${side} bucket, best first.` }) as const
const wall = (side: string) =>
  ({ rev: 1, unit: 'bps', range: [0, 1e4], description: `Distance of the nearest ${side} wall from the mid price; missing without one.` }) as const
const slope = (side: string) =>
  ({
    rev: 1, unit: 'quote', range: [0, 1e18], description: `Value by which the ${side} deepen a bp: line through the mid price, within 10 bps of it.`,
    source: 'After Næs & Skjeltorp (2006), Order book characteristics and the volume–volatility relation',
  }) as const
const curve = (what: string) =>
  ({ rev: 1, unit: 'bps', range: [-1e4, 1e6], size: 5, description: `Cost of ${what} 1, 2, 5, 10 and 20 times fillSize at once, against the mid price.` }) as const
const fill = (what: string) =>
  ({ rev: 1, unit: 'bps', range: [-1e4, 1e6], description: `Mean price of ${what} fillSize at once, worse than the mid price by this much.` }) as const

/** The columns of module-cob. NaN where the book is not live, a side is empty, or the book is not known that far. */
export const cobFeatures = {
  spreadBps: { rev: 1, unit: 'bps', range: [-2e4, 2e4], description: 'Best ask less best bid, over the mid price.' },
  imbalance1: imbalance(1),
  imbalance5: imbalance(5),
  imbalance20: imbalance(20),
  imbalanceMa1s: mean('second'),
  imbalanceMa5s: mean('5 seconds'),
  imbalanceMa15s: mean('15 seconds'),
  imbalanceMa60s: mean('minute'),
  weightedMidBps: {
    rev: 1, unit: 'bps', range: [-1e4, 1e4],
    description: 'Mid price weighted by the opposite best quantity, over the mid price; > 0: the bid is the larger.',
  },
  depth10Bid: depth('bids'),
  depth10Ask: depth('asks'),
  slopeBid: slope('bids'),
  slopeAsk: slope('asks'),
  bucketBid: bucket('bid'),
  bucketAsk: bucket('ask'),
  wallBidBps: wall('bid'),
  wallAskBps: wall('ask'),
  fillBuyBps: fill('buying'),
  fillSellBps: fill('selling'),
  curveBuyBps: curve('buying'),
  curveSellBps: curve('selling'),
  crossed: { ...FLAG, description: '1 when the best bid is not below the best ask, else 0.' },
  coverage: { ...FLAG, description: 'Share of the configured venues whose book is live; with one venue 1 or 0.' },
} as const satisfies FeatureSet
