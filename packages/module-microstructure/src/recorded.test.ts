import { existsSync } from 'node:fs'
import { defineModule, need, Orchestrator, use } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { captureSource } from '@tapeloom/feeds'
import { describe, expect, test } from 'vitest'
import { microstructure } from './index.ts'

const folder = `${process.env['TAPELOOM_DATA'] ?? '../shared/data'}/l2`
const fileOf = (name: string): string => `${folder}/binance-${name}_20240808.txt.gz`
const absent = !existsSync(fileOf('spot_btcusdt'))
if (absent) console.warn(`Skipped: ${folder} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)

/** What a book said, and the module's columns right after it. */
interface Seen {
  readonly now: number
  readonly quote: readonly [bid: number, bidQuantity: number, ask: number, askQuantity: number]
  readonly kind: string
  readonly ofi1s: number
  readonly tradeImb1s: number
  readonly spreads: readonly [effective: number, realised: number, impact: number]
}

/** Runs the module over a recorded text as a host does, beside one that reads it. */
async function play(name: string, vpinBucket: number) {
  const seen: Seen[] = []
  const traded = [0]
  let [cvd, vpin] = [NaN, NaN]
  const reader = defineModule({
    name: 'reader', version: '1.0.0', core: '^1', features: {},
    requires: { flow: need('microstructure', '^1', { features: ['ofi1s', 'tradeImb1s', 'effSpreadBps', 'realSpreadBps', 'priceImpactBps', 'cvd', 'vpin'] }) },
    on: {
      trade({ quantity, aggressor }) {
        traded.push(traded.at(-1)! + (aggressor === 'buy' ? quantity : -quantity))
      },
      book({ tsInit, kind, bestBid, bestBidQuantity, bestAsk, bestAskQuantity }, { need: { flow } }) {
        seen.push({
          now: tsInit, kind, quote: [bestBid, bestBidQuantity, bestAsk, bestAskQuantity], ofi1s: flow.ofi1s, tradeImb1s: flow.tradeImb1s,
          spreads: [flow.effSpreadBps, flow.realSpreadBps, flow.priceImpactBps],
        })
        cvd = flow.cvd
        vpin = flow.vpin
      },
    },
  })
  const faults: string[] = []
  const orchestrator = new Orchestrator({
    data: new DataProvider({ sources: [captureSource(fileOf(name))] }),
    modules: [use(microstructure, { vpinBucket }), reader],
  })
  orchestrator.on('module:fault', ({ message }) => void faults.push(message))
  await orchestrator.run()
  return { seen, faults, cvd, vpin, traded }
}

/** Order flow of the best, written anew: prices that rise bring their quantity, those that fall take it away. */
function flowBetween([bid0, bidQuantity0, ask0, askQuantity0]: Seen['quote'], [bid, bidQuantity, ask, askQuantity]: Seen['quote']): number {
  const demand = bid > bid0 ? bidQuantity : bid < bid0 ? -bidQuantity0 : bidQuantity - bidQuantity0
  const supply = ask < ask0 ? askQuantity : ask > ask0 ? -askQuantity0 : askQuantity - askQuantity0
  return demand - supply
}
/** The share of the variance of y that a line in x explains. */
function explained(x: readonly number[], y: readonly number[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length
  const [meanX, meanY] = [mean(x), mean(y)]
  const sum = (a: readonly number[], b: readonly number[], i0: number, i1: number) => a.reduce((all, one, i) => all + (one - i0) * (b[i]! - i1), 0)
  const both = sum(x, y, meanX, meanY)
  return (both * both) / (sum(x, x, meanX, meanX) * sum(y, y, meanY, meanY))
}

const names = [['spot_btcusdt', 2, -18.73079, 0.7594988], ['spot_ethusdt', 20, -355.2431, 0.8321584], ['usdm_btcusdt', 2, 73.786, 0.79428], ['usdm_ethusdt', 20, 756.18, 0.72894]] as const

describe.skipIf(absent)('over recorded Binance traffic', { timeout: 60_000 }, () => {
  test.each(names)('%s gives the columns that its books and trades do, without a fault', async (name, bucket, cvd, vpin) => {
    const found = await play(name, bucket)
    const { seen, traded } = found
    expect(found.faults).toEqual([])
    expect(seen.length).toBeGreaterThan(3000)
    // The last sample may be a tenth of a second old.
    expect(traded.slice(-20).some((sum) => Math.abs(sum - found.cvd) < 1e-6)).toBe(true)
    expect([traded.at(-1), found.vpin]).toEqual([expect.closeTo(cvd, 6), expect.closeTo(vpin, 6)])

    // What the columns of order flow were when they were sampled: the first event of each tenth of a second.
    const rows = seen.map(({ now, kind, quote }, i) => ({
      bin: Math.floor(now / 20_000), flow: kind === 'delta' && i > 0 ? flowBetween(seen[i - 1]!.quote, quote) : 0, depth: (quote[1] + quote[3]) / 2,
    }))
    let [checked, from] = [0, 0]
    for (const [i, { now, ofi1s }] of seen.entries()) {
      while (rows[from]!.bin <= rows[i]!.bin - 50) from++
      if (Number.isNaN(ofi1s) || (i > 0 && Math.floor(seen[i - 1]!.now / 1e5) === Math.floor(now / 1e5))) continue
      const window = rows.slice(from, i + 1)
      const [flow, depth] = [window.reduce((sum, row) => sum + row.flow, 0), window.reduce((sum, row) => sum + row.depth, 0)]
      if (Math.abs(ofi1s - (window.length * flow) / depth) < 1e-9) checked++
    }
    // Where a trade came first in a tenth of a second, the sample was taken then.
    expect(checked).toBeGreaterThan(2000)

    const told = seen.map(({ spreads }) => spreads).filter(([effective]) => !Number.isNaN(effective))
    expect(told.length).toBeGreaterThan(3000)
    expect(told.filter(([effective, realised, impact]) => !(Math.abs(realised + impact - effective) < 1e-9))).toEqual([])

    const seconds = new Map<number, Seen>()
    for (const one of seen) seconds.set(Math.floor(one.now / 1e6), one)
    const ends = [...seconds.values()].map(({ quote, ...rest }) => ({ ...rest, mid: (quote[0] + quote[2]) / 2 }))
    const known = ends.flatMap((end, i) => (i > 0 && !Number.isNaN(end.ofi1s + end.tradeImb1s) ? [{ ...end, move: end.mid - ends[i - 1]!.mid }] : []))
    const by = (column: 'ofi1s' | 'tradeImb1s') => explained(known.map((end) => end[column]), known.map(({ move }) => move))
    expect(by('ofi1s')).toBeGreaterThan(by('tradeImb1s'))
  })
})
