import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import type { MarketInput } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { microstructure } from './index.ts'

const at = (event: MarketInput) => event.tsEvent ?? 0
/** Twenty minutes of a book that changes five times a second, and of trades. */
const books = Array.from(fixtures.book('BTC/USDT', { count: 6000 }), (event) => ({ ...event, tsEvent: 2 * at(event) }) as MarketInput)
const tape = [...books, ...fixtures.trades('BTC/USDT', { count: 3000, every: '400ms' })].toSorted((a, b) => at(a) - at(b))

testModule(microstructure, { test, options: { session: '2m' }, events: tape })
