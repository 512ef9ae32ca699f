import { Orchestrator, type MarketInput, type Source } from '@tapeloom/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BTC, minute, recording, trade } from '../testing/drive.ts'
import { DataProvider } from './data-provider.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: 1e9 }))
afterEach(() => void vi.useRealTimers())

/** Moves the clock until the run is over. */
async function over<T>(running: Promise<T>): Promise<T> {
  let isOver = false
  void running.finally(() => (isOver = true)).catch(() => undefined)
  while (!isOver) await vi.advanceTimersByTimeAsync(100)
  return running
}
const build = (source: Source) => new Orchestrator({ data: new DataProvider({ sources: [source] }), modules: [], mode: 'live', watchdog: false })

describe('a live run through a time', () => {
  test.each<readonly [string, readonly MarketInput[]]>([
    ['trades', Array.from({ length: 2500 }, (_, i) => trade((i + 1) * 1e5, 100))],
    ['candles', Array.from({ length: 2500 }, (_, i) => minute(i, 100))],
  ])('ends when its recording of %s has ended and the time is over, though more could be pushed', async (_, inputs) => {
    const { events } = await over(build(recording(inputs)).run({ until: 1e12 - 1 }))
    expect(events.trade + events.candle).toBe(2500)
  })

  test('ends in silence too, with no tick beyond that time', async () => {
    const source: Source = {
      name: 'tape', instruments: [BTC], live: true,
      async *events({ signal }) {
        yield trade(1e12, 100)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      },
    }
    const orchestrator = build(source)
    await over(orchestrator.run({ until: 1e12 + 5.5e6 }))
    expect(orchestrator.status().sequence).toBe(6)
    expect(Date.now()).toBeLessThan(1e9 + 8000)
    await orchestrator.stop()
  })
})
