import { importModule } from '@tapeloom/config'
import type { MarketInput, Module } from '@tapeloom/core'
import { fixtures, testModule, type Test } from '@tapeloom/core/testing'
import { test } from 'vitest'

/**
 * What the features of each module are at their `rev`, with default options. A value that changed without a new `rev` fails
 * here. TAPELOOM_GOLDEN=record adds what is new or has a new `rev`.
 */
const at = (event: MarketInput) => event.tsEvent ?? 0
const BTC = 'BTC/USDT'
const minutes = [...fixtures.candles(BTC, '1m', { count: 1600 })]
const books = Array.from(fixtures.book(BTC, { count: 3000 }), (event) => ({ ...event, tsEvent: 4 * at(event) }) as MarketInput)
const ticks = [...books, ...fixtures.trades(BTC, { count: 1200 })].toSorted((a, b) => at(a) - at(b))

const tapes: Readonly<Record<string, readonly MarketInput[]>> = {
  cob: ticks,
  extrema: minutes,
  'market-analysis': minutes,
  microstructure: ticks,
  'multi-timeframe': minutes,
  pivot: minutes,
}

for (const [name, events] of Object.entries(tapes)) {
  const found = await importModule(`@tapeloom/module-${name}`, import.meta.dirname)
  if (!('ok' in found)) throw new Error(found.message)
  const golden = new URL(`./goldens/${name}.json`, import.meta.url)
  const checks: Parameters<Test>[] = []
  testModule(found.ok as Module, { test: (...check: Parameters<Test>) => checks.push(check), events, golden } as never)
  const [fact, run] = checks.at(-1) as Parameters<Test>
  test(fact, run) // oxlint-disable-line vitest/expect-expect, vitest/valid-title -- those of the kit
}
