import { join } from 'node:path'
import { ConfigurableOrchestrator } from '@tapeloom/config'
import { wilson } from '@tapeloom/core'
import { simulatedMarket } from '@tapeloom/data/sim'
import { expect, test } from 'vitest'

/** What the demo's network called, in order: whether the next candle went where it said. */
async function calls(predictability: number): Promise<{ readonly hits: readonly boolean[]; readonly steps: number }> {
  const market = simulatedMarket({ symbols: ['BTC/USDT', 'ETH/USDT'], duration: '84h', predictability, seed: 1 })
  const orchestrator = await ConfigurableOrchestrator.load(join(import.meta.dirname, '../tapeloom.yaml'), { sources: [market], store: 'memory' })
  const margins = new Map<string, number>()
  const hits: boolean[] = []
  let steps = 0
  orchestrator.on('training:step', (event) => void (steps = event.step))
  orchestrator.on('prediction:made', ({ id, module, probabilities: { buy, sell } }) => {
    if (module === 'direction') margins.set(id, buy - sell)
  })
  orchestrator.on('prediction:resolved', ({ prediction, bps }) => {
    const margin = margins.get(prediction) ?? 0
    margins.delete(prediction)
    if (margin !== 0 && bps !== 0) hits.push(margin > 0 === bps > 0) // a minute without a move has no direction
  })
  await orchestrator.run()
  await orchestrator.stop()
  return { hits, steps }
}

/** Share of right calls, with the 95 % interval. */
function rate(hits: readonly boolean[]): { readonly share: number; readonly low: number; readonly high: number } {
  const right = hits.filter(Boolean).length
  const [low, high] = wilson(right, hits.length)
  return { share: right / hits.length, low, high }
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`
const shown = ({ share, low, high }: ReturnType<typeof rate>): string => `${percent(share)} (95 %: ${percent(low)} to ${percent(high)})`

// A candle's minute is over before the next call of its symbol, and each call is made before its minute begins:
// outcomes do not overlap, and no weights have seen what they are judged by.

test('on a market whose book foretells six minutes of ten the network beats chance on candles it has not seen', async () => {
  const { hits, steps } = await calls(0.6)
  expect(hits.length).toBeGreaterThanOrEqual(10_000)
  expect(steps).toBeGreaterThan(300)
  const late = rate(hits.slice(hits.length / 2))
  console.log(`planted market: all ${shown(rate(hits))} of ${hits.length}; second half ${shown(late)}`)
  expect(late.share).toBeGreaterThan(0.58) // four fifths of the way from chance to what was planted
  expect(late.share).toBeLessThan(0.62) // nobody can know more than was planted
}, 600_000)

test('on a market that nothing foretells the same network stays at chance', async () => {
  const { hits, steps } = await calls(0.5)
  expect(hits.length).toBeGreaterThanOrEqual(10_000)
  expect(steps).toBeGreaterThan(300)
  const all = rate(hits)
  console.log(`null market: all ${shown(all)} of ${hits.length}; second half ${shown(rate(hits.slice(hits.length / 2)))}`)
  expect(Math.abs(all.share - 0.5)).toBeLessThan(0.02)
}, 600_000)
