import type { RebuildRequest } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { memoryStore } from '../store/memory-store.ts'
import { featureSeriesId } from './series-id.ts'
import { StoredRows } from './stored-rows.ts'

test('columns of a layout that the store does not have yet are asked for again', async () => {
  const store = memoryStore()
  const stored = new StoredRows(store)
  const request: RebuildRequest = {
    symbol: 'BTC/USDT', binding: ['a.x'], knownBy: 9, tensor: new Float32Array(1), mask: new Float32Array(1),
    frame: { series: featureSeriesId('BTC/USDT', 'L'), start: 5, end: 5, count: 1, norm: [], quality: 1, taint: [] },
  }
  const found = async () => {
    const values: number[] = []
    await stored.features([request], (_, positions, block) => void (block.count > 0 && values.push(...positions.map((at) => block.rows[at] ?? NaN))))
    return values
  }
  expect(await found()).toEqual([])
  await store.write({
    through: 1, rows: [
      { table: 'layouts', length: 1, columns: { layout: ['L'], position: Float64Array.of(0), column: ['a.x#1@0'], known: Float64Array.of(1) } },
      { table: 'features_L', length: 1, columns: { symbol: ['BTC/USDT'], ts: Float64Array.of(5), known: Float64Array.of(1), 'a.x#1@0': Float64Array.of(42) } },
    ],
  })
  expect(await found()).toEqual([42])
})
