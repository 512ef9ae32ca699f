import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineModel, dense, loadCheckpoint, ModelStore, mse, saveCheckpoint, servedWeights } from '../index.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tapeloom-store-'))
})
afterEach(() => rm(directory, { recursive: true }))
const state = (step: number) => ({ step, weights: Float32Array.of(step, 0) })
const files = async () => (await readdir(directory)).filter((name) => name.endsWith('.checkpoint')).sort()
const network = defineModel({
  name: 'line', inputs: { x: [1] }, targets: { y: 'value' },
  forward: ({ x }) => ({ y: dense(x, 1) }), loss: (output, target) => mse(output.y, target.y),
})

test('the newest and the best version are kept, with what they learnt from', async () => {
  const store = await ModelStore.open(directory, { schemaHash: 'a' })
  const ranges = [{ series: 'local:BTC/USDT:candles:1m', start: 0, end: 60e6, count: 1 }]
  for (const [step, loss] of [[1, 0.5], [2, 0.2], [3, 0.4], [4, NaN]] as const) {
    await store.save(state(step), { metrics: { loss }, ranges, position: 64 * step })
  }
  expect([store.best, store.newest, await files()]).toEqual(['2', '4', ['2.checkpoint', '4.checkpoint']])
  const again = await ModelStore.open(directory, { schemaHash: 'a' })
  expect(again.versions).toEqual([
    { version: '2', metrics: { loss: 0.2 }, ranges, position: 128 },
    { version: '4', metrics: { loss: NaN }, ranges, position: 256 },
  ])
  expect(await again.load('best')).toEqual({ version: '2', state: state(2) })
  expect(await again.load('newest')).toEqual({ version: '4', state: state(4) })
  await expect(again.load('7')).rejects.toThrow(/no version '7'\. Known: 2, 4/)
})

test('a challenger becomes champion, and a rollback brings the former one back', async () => {
  const store = await ModelStore.open(directory, { schemaHash: 'a' })
  for (const step of [1, 2, 3]) {
    await store.save(state(step))
    await store.challenge(`${step}`)
    if (step < 3) await store.promote()
  }
  expect([store.champion, store.challenger]).toEqual(['2', '3'])
  await store.promote()
  expect([store.champion, store.challenger]).toEqual(['3', undefined])
  const again = await ModelStore.open(directory, { schemaHash: 'a' })
  expect([await again.rollback(), await again.rollback()]).toEqual(['2', '1'])
  await expect(again.rollback()).rejects.toMatchObject({ code: 'models.version' })
  expect(again.champion).toBe('1')
  await expect(again.promote()).rejects.toMatchObject({ code: 'models.version' })
  expect(await files()).toEqual(['1.checkpoint', '3.checkpoint']) // the champion and the newest
})

test('a step saved twice is two versions', async () => {
  const store = await ModelStore.open(directory, { schemaHash: 'a' })
  await store.save(state(1))
  await store.promote('1')
  expect(await Promise.all([store.save(state(1)), store.save(state(1))])).toMatchObject([{ version: '1-2' }, { version: '1-3' }])
  expect(await files()).toEqual(['1-3.checkpoint', '1.checkpoint'])
})

test('a checkpoint of another schema, a damaged one and a missing one leave the old weights serving', async () => {
  const trainer = await network.train({ seed: 1 })
  const runtime = await network.open({ seed: 2 })
  const store = await ModelStore.open(directory, { schemaHash: 'a' })
  await store.save(await trainer.snapshot())
  await store.promote('0')
  const before = await runtime.infer({ x: Float32Array.of(2) })
  const other = await ModelStore.open(directory, { schemaHash: 'b' })
  await expect(other.serve(runtime)).rejects.toThrow(/saved with schema a, operator set 20; the model is fed by b/)
  const whole = await readFile(join(directory, '0.checkpoint'))
  await writeFile(join(directory, '0.checkpoint'), whole.subarray(0, -1))
  await expect(store.serve(runtime)).rejects.toMatchObject({ code: 'models.checkpoint' })
  await rm(join(directory, '0.checkpoint'))
  await expect(store.serve(runtime)).rejects.toMatchObject({ code: 'models.checkpoint', message: expect.stringMatching(/cannot be read: ENOENT/) as string })
  expect(runtime.version).toBe('0')
  expect(await runtime.infer({ x: Float32Array.of(2) })).toEqual(before)
  await writeFile(join(directory, '0.checkpoint'), whole)
  expect(await store.serve(runtime)).toBe('0')
  expect(await runtime.infer({ x: Float32Array.of(2) })).not.toEqual(before)
  await trainer.close()
  await runtime.close()
})

test('a damaged index is refused, an unknown state is no snapshot', async () => {
  for (const text of ['{', '{}', 'null']) {
    await writeFile(join(directory, 'versions.json'), text)
    await expect(ModelStore.open(directory, { schemaHash: 'a' })).rejects.toMatchObject({ code: 'models.checkpoint' })
  }
  expect(() => servedWeights(null)).toThrow(/no snapshot/)
  expect(servedWeights({ weights: Float32Array.of(1), average: Float32Array.of(2) })).toEqual(Float32Array.of(2))
})

test.skipIf(process.platform === 'win32')('a disk that takes no more leaves the old checkpoint and says why', async () => {
  const path = join(directory, 'model')
  await saveCheckpoint(path, { metadata: { first: true }, state: null })
  const program = `
    import { saveCheckpoint, ModelStore } from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)}
    const state = { step: 9, weights: new Float32Array(1e6) }
    await saveCheckpoint(${JSON.stringify(path)}, { metadata: {}, state }).catch((error) => console.log(error.code, error.message))
    const store = await ModelStore.open(${JSON.stringify(directory)}, { schemaHash: 'a' })
    await store.save(state).catch((error) => console.log(error.code, store.versions.length))`
  await writeFile(join(directory, 'program.mjs'), program)
  // The shell's limit of a file's size: a write beyond it fails as on a full disk.
  const command = 'ulimit -f 16; exec "$0" --conditions=@tapeloom/source "$1"'
  const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, join(directory, 'program.mjs')])
  expect(stdout).toMatch(/^models\.disk .*cannot be written: EFBIG.*what was there is whole\.\nmodels\.disk 0\n$/)
  expect(await loadCheckpoint(path)).toEqual({ metadata: { first: true }, state: null })
  expect((await readdir(directory)).sort()).toEqual(['model', 'program.mjs'])
})

test('an index that cannot be read is no empty store, and a directory that cannot be made says so', async () => {
  await mkdir(join(directory, 'versions.json'))
  await expect(ModelStore.open(directory, { schemaHash: 'a' })).rejects.toMatchObject({ code: 'models.disk' })
  await writeFile(join(directory, 'file'), '')
  const open = ModelStore.open(join(directory, 'file', 'store'), { schemaHash: 'a' })
  await expect(open).rejects.toMatchObject({ code: 'models.disk' })
})

test('a version that is replaced while it is being read is read whole', async () => {
  const store = await ModelStore.open(directory, { schemaHash: 'a' })
  for (let step = 1; step < 20; step++) {
    await store.save(state(step))
    const [, loaded] = await Promise.all([store.save(state(step + 0.5)), store.load('newest')])
    expect(loaded.state).toEqual(state(Number(loaded.version)))
  }
})
