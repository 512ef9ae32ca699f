import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Trainer, TrainingBatch } from '@tapeloom/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadCheckpoint, saveCheckpoint } from '../index.ts'
import { BATCH, networks, tensorsOf } from './loss-curves.fixture.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tapeloom-resume-'))
})
afterAll(() => rm(directory, { recursive: true }))

function batchOf(name: string, step: number): TrainingBatch {
  const tensors = Object.entries(tensorsOf(networks[name]!, step)).map(([key, values]) => [key, Float32Array.from(values)] as const)
  const { 'target.y': y, 'sample.weight': weights, ...inputs } = Object.fromEntries(tensors)
  return { samples: BATCH, inputs, targets: { y: y! }, weights: weights! }
}
async function train(name: string, trainer: Trainer, from: number, to: number): Promise<number[]> {
  const losses: number[] = []
  for (let step = from; step < to; step++) losses.push((await trainer.step(batchOf(name, step))).loss)
  return losses
}

test.each(Object.keys(networks))('200 steps of %s give the same bits twice, and across a checkpoint on disk', async (name) => {
  const path = join(directory, name)
  const [one, two, resumed] = await Promise.all([1, 1, 2].map((seed) => networks[name]!.train({ seed }))) as [Trainer, Trainer, Trainer]
  const losses = await train(name, one, 0, 200)
  expect(await train(name, two, 0, 100)).toEqual(losses.slice(0, 100))
  await saveCheckpoint(path, { metadata: {}, state: await two.snapshot() })
  await resumed.restore((await loadCheckpoint(path)).state)
  expect(await train(name, resumed, 100, 200)).toEqual(losses.slice(100))
  expect(await resumed.snapshot()).toEqual(await one.snapshot())
  for (const trainer of [one, two, resumed]) await trainer.close()
})
