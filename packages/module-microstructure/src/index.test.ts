import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import type { MarketInput } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { microstructure } from './index.ts'

const trades = [...fixtures.trades('BTC/USDT', { count: 3000, every: '200ms' })]
const books = [...fixtures.book('BTC/USDT', { count: 6000 })]
const both = [...books, ...trades].toSorted((a, b) => (a.tsEvent ?? 0) - (b.tsEvent ?? 0))

testModule(microstructure, { test, options: { session: '2m' }, events: both })
