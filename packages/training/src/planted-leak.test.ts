import { Orchestrator, type DataFeed, type DataPort, type LaneReader } from '@tapeloom/core'
import { candleSource, DataProvider } from '@tapeloom/data'
import { expect, test } from 'vitest'
import { bar, minutes, walker } from './market.fixture.ts'
import { training } from './training.ts'

const MINUTE_US = 60e6
/** The same object with one method replaced; all others stay bound to the original. */
const replaced = <T extends object>(of: T, name: keyof T, part: () => unknown): T => new Proxy(of, {
  get(target, key) {
    if (key === name) return part()
    const value: unknown = Reflect.get(target, key, target)
    return typeof value === 'function' ? (value.bind(target) as unknown) : value
  },
})

/** Market data whose windows of 5m say, each tenth minute, that they hold a candle that is not closed yet. */
function leaking(): DataPort {
  const data = new DataProvider({ sources: [candleSource('BTC/USDT', '1m', minutes(120))] })
  return replaced(data as DataPort, 'attach', () => (host: Parameters<DataPort['attach']>[0]) => {
    const feed = data.attach(host)
    const gather: LaneReader['gather'] = (lane, ...rest) => {
      const frame = feed.lanes.gather(lane, ...rest)
      const isPlanted = lane.timeframe === '5m' && (frame.end / MINUTE_US) % 10 === 0
      return isPlanted ? { ...frame, end: frame.end + 5 * MINUTE_US } : frame
    }
    return replaced(feed as DataFeed, 'lanes', () => replaced(feed.lanes, 'gather', () => gather))
  })
}

test('a window that reaches beyond its inference is refused with a code, and is never trained', async () => {
  const orchestrator = new Orchestrator({ data: leaking(), modules: [bar, walker(), training] })
  const coordinator = orchestrator.participant(training)
  const faults: string[] = []
  orchestrator.on('module:fault', ({ code, message }) => void faults.push(`${code} ${message}`))
  await orchestrator.run()
  const failed = await coordinator.references({ state: 'failed' })
  expect(failed.length).toBeGreaterThan(20)
  expect(faults).toHaveLength(failed.length)
  for (const { reason, lanes, asOf } of failed) {
    expect(reason).toMatch(/^training\.leak: input 'slow' reads local:BTC\/USDT:candle:5m up to \d+, beyond its inference at \d+$/)
    expect(lanes.some(({ input, end }) => input === 'slow' && end + 5 * MINUTE_US > asOf)).toBe(true)
  }
  expect(faults[0]).toMatch(/^training\.leak \[reference local\|walker@/)
  const { trained, open, expired } = coordinator.counts()
  expect([trained > 20, expired, open <= 1]).toEqual([true, 0, true])
  await orchestrator.stop()
})
