import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tapeloom-checkpoint-'))
})
afterAll(() => rm(directory, { recursive: true }))

const checkpoint = {
  metadata: { position: 41, model: 'scout' },
  state: { step: 7, weights: Float32Array.of(1, NaN, -0) },
}

test('a checkpoint comes back exactly, and no temporary file is left', async () => {
  const path = join(directory, 'whole')
  await saveCheckpoint(path, { metadata: {}, state: null })
  await saveCheckpoint(path, checkpoint)
  expect(await loadCheckpoint(path)).toEqual(checkpoint)
  expect((await readdir(directory)).filter((name) => name.startsWith('whole'))).toEqual(['whole'])
})

test('a checkpoint damaged at any byte is refused', async () => {
  const path = join(directory, 'damaged')
  await saveCheckpoint(path, checkpoint)
  const bytes = await readFile(path)
  for (let i = 0; i < bytes.length; i += 7) {
    const damaged = Uint8Array.from(bytes)
    damaged[i]! ^= 1
    await writeFile(path, damaged)
    await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'models.checkpoint' })
  }
  for (const length of [0, 5, 40, bytes.length - 1]) {
    await writeFile(path, bytes.subarray(0, length))
    await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'models.checkpoint' })
  }
})

test('a checkpoint that cannot be written leaves the old one and no temporary file', async () => {
  const path = join(directory, 'kept')
  await saveCheckpoint(path, checkpoint)
  await expect(saveCheckpoint(path, { metadata: {}, state: (() => 0) as unknown as null })).rejects.toThrow()
  await expect(saveCheckpoint(join(directory, 'absent', 'x'), checkpoint)).rejects.toThrow(/ENOENT/)
  await expect(saveCheckpoint(directory, checkpoint)).rejects.toThrow()
  expect(await loadCheckpoint(path)).toEqual(checkpoint)
  expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  expect(
    (await readdir(join(directory, '..'))).filter((name) => name.startsWith(`${directory.split('/').at(-1)}.`)),
  ).toEqual([])
})
