import { auditBookModule, type FaultSpec } from '@tapeloom/data/sim'
import { expect, test } from 'vitest'
import { cobFeatures } from './cob-features.ts'
import { cob } from './index.ts'

const RUNS = 8

test.each([
  { drop: 0.01 }, { duplicate: 0.01 }, { reorder: 0.01 }, { delay: 0.01 }, { disconnect: 0.001 }, { gap: 0.01 }, { cross: 0.01 },
  { badNumber: 0.01 }, { wrongNumber: 0.01 }, { checksum: 0.01 }, { clock: 0.01, clockPpm: 300 },
] satisfies Omit<FaultSpec, 'seed'>[])('over a venue with %j all columns are in range or missing, those of the book as without faults or missing', async (faults) => {
  let compared = 0
  for (let seed = 0; seed < RUNS; seed++) {
    const audit = await auditBookModule({
      module: cob, name: 'cob', features: cobFeatures,
      ofTheBook: ['spreadBps', 'weightedMidBps', 'imbalance1', 'imbalance5', 'imbalance20', 'crossed'],
      ofALiveBook: ['depth10Bid', 'depth10Ask', 'slopeBid', 'slopeAsk', 'fillBuyBps', 'fillSellBps', 'curveBuyBps0', 'bucketBid0', 'bucketAsk19', 'wallBidBps'],
    }, seed, faults)
    expect(audit.wrong).toEqual([])
    expect(audit.known).toBeGreaterThan(1000)
    expect(audit.notLive > 0 || 'duplicate' in faults || 'clock' in faults).toBe(true)
    compared += audit.compared
  }
  expect(compared).toBeGreaterThan(1000)
})
