import { auditBookModule, type FaultSpec } from '@tapeloom/data/sim'
import { expect, test } from 'vitest'
import { microstructureFeatures } from './microstructure-features.ts'
import { microstructure } from './index.ts'

const RUNS = 8

test.each([
  { drop: 0.01 }, { duplicate: 0.01 }, { reorder: 0.01 }, { delay: 0.01 }, { disconnect: 0.001 }, { gap: 0.01 }, { cross: 0.01 },
  { badNumber: 0.01 }, { wrongNumber: 0.01 }, { checksum: 0.01 }, { clock: 0.01, clockPpm: 300 },
] satisfies Omit<FaultSpec, 'seed'>[])('over a venue with %j all columns are in range or missing, those of the book as without faults or missing', async (faults) => {
  let compared = 0
  for (let seed = 0; seed < RUNS; seed++) {
    const audit = await auditBookModule({
      module: microstructure, name: 'microstructure', features: microstructureFeatures,
      ofTheBook: ['queueImb'],
      ofALiveBook: ['microLeanBps', 'impactBuyBps', 'impactSellBps', 'ofi1s', 'ofi60s', 'ofiDeep5s', 'mostTradedBps'],
    }, seed, faults)
    expect(audit.wrong).toEqual([])
    expect(audit.known).toBeGreaterThan(1000)
    expect(audit.notLive > 0 || 'duplicate' in faults || 'clock' in faults).toBe(true)
    compared += audit.compared
  }
  expect(compared).toBeGreaterThan(1000)
})
