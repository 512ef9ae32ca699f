import type { RebuildRequest } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { emptyTensors, extrasOf, fromPlain, rebuilding, toPlain } from './frame-tensors.ts'
import { fixtureFrame, fixtureInputs, fixtureTensors } from '../frame.fixture.ts'
import { ReferenceTable } from './reference-table.ts'
import { TextPool } from './text-pool.ts'

const inputs = fixtureInputs()

/** A reference of the fixture, whose first column no module gave. */
function absentColumn() {
  const { frame, prediction } = fixtureFrame({ sequence: 3 }, inputs)
  const lanes = frame.lanes.map((lane) => (lane.columns.length > 0 ? { ...lane, columns: ['', 'cob.spreadBps'] } : lane))
  const family = { stream: 'local', model: 'scout', schemaHash: 'feed', symbol: 'BTC/USDT', inputs } as const
  const table = new ReferenceTable(family, new TextPool())
  const extras = extrasOf(inputs, fixtureTensors(inputs, 3))
  return table.reference(table.push({ ...frame, lanes }, prediction, '0'.repeat(32), extras))
}

/** Answers requests with 1, 2, 3 …, nothing masked. */
function answer(requests: readonly RebuildRequest[]): void {
  for (const { tensor, mask } of requests) {
    tensor.forEach((_, i) => (tensor[i] = i + 1))
    mask.fill(1)
  }
}

test('a column that no module gave is masked, and the others keep their places', () => {
  const reference = absentColumn()
  const tensors = emptyTensors(inputs)
  const { requests, finish } = rebuilding(reference, inputs, tensors)
  expect(requests.map(({ binding }) => binding)).toEqual([['cob.spreadBps'], expect.objectContaining({ window: 60 })])
  expect(requests.map(({ knownBy, symbol }) => [knownBy, symbol])).toEqual([[3, 'BTC/USDT'], [3, 'BTC/USDT']])
  answer(requests)
  finish()
  expect([...tensors['book']!, ...tensors['bookMask']!]).toEqual([0, 1, 0, 1])
})

test('numbers kept in the reference are written at once: 0 with mask 0 where they were missing', () => {
  const served = fixtureTensors(inputs, 3)
  const tensors = emptyTensors(inputs)
  rebuilding(absentColumn(), inputs, tensors)
  const [position, mask] = ['position', 'positionMask'].map((name) => served.find((tensor) => tensor.name === name)!.data)
  expect([...tensors['positionMask']!]).toEqual([...mask!])
  expect([...tensors['position']!]).toEqual([...position!].map((value, i) => (mask![i] === 0 ? 0 : value)))
})

test('a mask that the network does not take is not needed', () => {
  const bare = inputs.filter(({ kind }) => kind !== 'mask')
  const { requests } = rebuilding(absentColumn(), bare, emptyTensors(bare))
  expect(requests.map(({ mask }) => mask.length)).toEqual([1, 60])
})

test('a reference without a range for an input cannot be rebuilt', () => {
  const reference = { ...absentColumn(), lanes: [] }
  expect(() => rebuilding(reference, inputs, emptyTensors(inputs))).toThrow(/has no range for input 'book'/)
})

test('a reference survives being plain data', () => {
  const reference = absentColumn()
  expect(fromPlain(toPlain(reference), inputs)).toEqual(reference)
  const { entry: _, ...rest } = reference
  const without = { ...rest, entry: undefined }
  expect(fromPlain(toPlain(without), inputs)).toEqual(without)
})
