import { TapeloomError, type LaneReader, type TargetSet } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { contentHash } from '../reference/content-hash.ts'
import { emptyTensors, fedTensors, rebuilding } from '../reference/frame-tensors.ts'
import { fixtureFrame, fixtureInputs } from '../frame.fixture.ts'
import { checkSamples } from '../outcome/target-check.ts'
import { assembleBatch, type BatchSample } from './training-batch.ts'

const inputs = fixtureInputs().slice(0, 3)
const declared: TargetSet = { direction: 'class', move: 'value', path: [2] }

/** Writes numbers that depend on where a range begins; some begin where nothing is left. */
const lanes = {
  async rebuild(requests) {
    for (const { frame, tensor, mask } of requests) {
      if (frame.start === 4 * 60e6) throw new TapeloomError('data.range', '[series] is gone.')
      if (frame.start === 5 * 60e6) throw new Error('disk on fire')
      tensor.forEach((_, i) => (tensor[i] = frame.start + i))
      mask.fill(1)
    }
  },
} as Pick<LaneReader, 'rebuild'> as LaneReader

async function sample(sequence: number, broken = false): Promise<BatchSample> {
  const { frame } = fixtureFrame({ sequence }, inputs)
  const norm = Object.fromEntries(frame.lanes.map((lane) => [lane.input, lane.norm]))
  const reference = { ...frame, norm, extras: {}, contentHash: '' }
  const tensors = emptyTensors(inputs)
  await lanes.rebuild(rebuilding(reference, inputs, tensors).requests).catch(() => {})
  const hash = contentHash(frame.schemaHash, fedTensors(inputs, tensors))
  const targets = { direction: sequence % 3, move: sequence / 2, path: [sequence, -sequence] }
  return { reference: { ...reference, contentHash: broken ? 'other' : hash }, targets, weight: sequence }
}

test('a batch holds the samples that are equal to what was served, in order, and says why others are not in it', async () => {
  const samples = await Promise.all([sample(1), sample(2, true), sample(3), sample(4), sample(5), sample(6)])
  const { batch, failures } = await assembleBatch(lanes, inputs, declared, samples)
  expect(failures).toEqual([{ index: 1, reason: 'hash' }, { index: 3, reason: 'retention' }, { index: 4, reason: 'disk on fire' }])
  expect([batch.samples, [...batch.weights]]).toEqual([3, [1, 3, 6]])
  expect(Object.values(batch.targets).map((values) => [...values])).toEqual([[1, 0, 0], [0.5, 1.5, 3], [1, -1, 3, -3, 6, -6]])
  expect([...batch.inputs['book']!]).toEqual([1, 3, 6].flatMap((minute) => [minute * 60e6, minute * 60e6 + 1].map(Math.fround)))
  expect(batch.inputs['lane0']).toHaveLength(3 * 300)
})

test('an empty batch is one of no samples', async () => {
  const { batch } = await assembleBatch(lanes, inputs, declared, [await sample(1, true)])
  expect([batch.samples, batch.weights.length, batch.inputs['book']?.length]).toEqual([0, 0, 0])
})

test('targets of all kinds are checked', () => {
  const model = { id: 'm', schemaHash: 'feed', targets: declared, classes: { direction: 3 } } as unknown as Parameters<typeof checkSamples>[0]
  const reference = { id: 'r', schemaHash: 'feed' }
  const check = (targets: object) => checkSamples(model, 's', { reference, targets })
  const good = { direction: 1, move: -0.5, path: new Float32Array([1, 2]) }
  expect(check(good)).toEqual([{ reference, targets: { direction: 1, move: -0.5, path: [1, 2] }, weight: 1 }])
  expect(() => check({ ...good, move: NaN })).toThrow(/gave NaN for target 'move'. Give a finite number/)
  expect(() => check({ ...good, direction: 3 })).toThrow(/gave 3 for target 'direction'. Give a whole number 0..2/)
  expect(() => check({ ...good, path: [1] })).toThrow(/gave \[1\] for target 'path'. Give 2 finite numbers/)
  expect(() => check({ ...good, path: undefined })).toThrow(/gave \[\] for target 'path'/)
  expect(checkSamples(model, 's', undefined)).toEqual([])
})
