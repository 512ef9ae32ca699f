import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TapeloomError } from '@tapeloom/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { input, Node } from '../graph/node.ts'
import { add } from '../graph/primitives.ts'
import { defineModel, dense, exportOnnx, fromOnnx, mse, relu } from '../index.ts'
import { encodeModel } from '../onnx/encode-model.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tapeloom-onnx-'))
})
afterAll(() => rm(directory, { recursive: true }))
const store = async (bytes: Uint8Array) => {
  const path = join(directory, 'model.onnx')
  await writeFile(path, bytes)
  return path
}
const golden = (name: string) => fileURLToPath(new URL(`../../goldens/${name}`, import.meta.url))
const network = defineModel({
  name: 'two',
  inputs: { x: [3], y: [2, 2] },
  targets: { t: 'value' },
  forward: ({ x }) => ({ z: dense(relu(dense(x, 4)), 1) }),
  loss: (output, target) => mse(output.z, target.t),
})
const graph = (op: string, dimensions: readonly number[] = [-1, 3], attributes = {}) => {
  const x = input('x', dimensions)
  const node = new Node({ op, inputs: [x], dimensions, attributes })
  return encodeModel({ name: 'g', batch: undefined, inputs: new Map([['x', x]]), outputs: new Map([['z', node]]) })
}

test('a file that PyTorch exported answers as PyTorch did', async () => {
  const imported = fromOnnx(golden('foreign.onnx'), { inputs: { candles: [6, 2], book: [3] }, outputs: ['probabilities'] })
  const saved = JSON.parse(await readFile(golden('foreign.json'), 'utf8')) as Record<'candles' | 'book' | 'probabilities', number[]>
  const runtime = await imported.open({ seed: 1 })
  const inputs = { candles: Float32Array.from(saved.candles), book: Float32Array.from(saved.book) }
  const answers = await Promise.all([runtime.infer(inputs), runtime.infer(inputs)])
  for (const { probabilities } of answers) {
    saved.probabilities.forEach((value, i) => expect(probabilities![i]).toBeCloseTo(value, 6))
  }
  expect([imported.name, imported.outputs, imported.targets]).toEqual(['foreign', ['probabilities'], {}])
  const waiting = runtime.infer(inputs)
  const closing = runtime.close()
  await expect(runtime.infer(inputs)).rejects.toMatchObject({ code: 'models.closed' })
  await closing
  await waiting
})

test('an exported model comes back and answers the same', async () => {
  const served = await network.open({ seed: 1 })
  const path = await store(exportOnnx(network, served.weights()))
  const imported = await fromOnnx(path, { inputs: { x: [3] }, outputs: ['z'] }).open({ seed: 9 })
  const x = Float32Array.of(1, -2, 0.5)
  const { z } = await imported.infer({ x })
  expect(z![0]).toBeCloseTo((await served.infer({ x, y: new Float32Array(4) })).z![0]!, 6)
  await served.close()
  await imported.close()
})

test('an imported network is not trained, and takes back only its own snapshot', async () => {
  const path = await store(graph('Relu'))
  const imported = fromOnnx(path, { inputs: { x: [3] }, outputs: ['z'] })
  await expect(imported.train({ seed: 1 })).rejects.toMatchObject({ code: 'models.onnx' })
  const runtime = await imported.open({ seed: 1 })
  runtime.swap(runtime.weights(), runtime.version)
  expect(() => runtime.swap(new Float32Array(), '7')).toThrow(/Put the old file back/)
  await expect(runtime.infer({ x: new Float32Array(2) })).rejects.toThrow(/input 'x' has 2 numbers\. Pass 3/)
  await expect(runtime.infer({})).rejects.toThrow(/has no numbers/)
  await runtime.close()
})

test('a file of a fixed batch of one serves', async () => {
  const runtime = await fromOnnx(await store(graph('Relu', [1, 3])), { inputs: { x: [3] }, outputs: ['z'] }).open({ seed: 1 })
  expect(await runtime.infer({ x: Float32Array.of(-1, 0, 2) })).toEqual({ z: Float32Array.of(0, 0, 2) })
  await runtime.close()
})

describe('a file that cannot serve is refused with all reasons', () => {
  const cases: Record<string, readonly [() => Uint8Array, RegExp]> = {
    'another width': [() => graph('Relu', [-1, 4]), /it takes 'x' float32 \[batch, 4\], not float32 \[batch, 3\]/],
    'a fixed batch of many': [() => graph('Relu', [7, 3]), /it takes 'x' float32 \[7, 3\]/],
    'another rank': [() => graph('Relu', [-1, 3, 1]), /not float32 \[batch, 3\]/],
    'a random operator': [() => graph('RandomNormalLike'), /RandomNormalLike gives another answer each time/],
    'text instead of a file': [() => new TextEncoder().encode('not a model'), /is no ONNX file, or damaged/],
    'an empty file': [() => new Uint8Array(), /there is no graph in it/],
  }
  test.each(Object.keys(cases))('%s', async (name) => {
    const [bytes, message] = cases[name]!
    const path = await store(bytes())
    expect(() => fromOnnx(path, { inputs: { x: [3] }, outputs: ['z'] })).toThrow(message)
  })
  test('wrong names', async () => {
    const path = await store(graph('Relu'))
    expect(() => fromOnnx(path, { inputs: { a: [3] }, outputs: ['b'] })).toThrow(
      /it takes 'x' float32 \[batch, 3\] too; it has no input 'a', only 'x'.*; it has no output 'b', only 'z'/,
    )
    expect(() => fromOnnx(path, { inputs: { x: [3] }, outputs: [] })).toThrow(/no output is asked for/)
    expect(() => fromOnnx(join(directory, 'absent.onnx'), { inputs: {}, outputs: ['z'] })).toThrow(/ENOENT/)
  })
  test('an operator set from the future, an unknown domain', async () => {
    const bytes = graph('Relu')
    const set = bytes.length - 2 // the last two bytes: field 2 of the last operator set, 20
    expect([...bytes.subarray(set)]).toEqual([16, 20])
    const future = await store(Uint8Array.from([...bytes.subarray(0, -1), 99]))
    expect(() => fromOnnx(future, { inputs: { x: [3] }, outputs: ['z'] })).toThrow(/operator set 99 of ai\.onnx is not 1\.\.25/)
    const unknown = await store(Uint8Array.from([...bytes, 66, 5, 10, 1, 113, 16, 1]))
    expect(() => fromOnnx(unknown, { inputs: { x: [3] }, outputs: ['z'] })).toThrow(/domain 'q' is unknown/)
  })
  test('an operator that the runtime does not have', async () => {
    const path = await store(graph('Strange'))
    await expect(fromOnnx(path, { inputs: { x: [3] }, outputs: ['z'] }).open({ seed: 1 })).rejects.toMatchObject({ code: 'models.onnx' })
  })
  // Not opened: native code reads what passes, and nothing promises that it survives every damage.
  test('any damage is read to its end or an error of this package', async () => {
    const x = input('x', [-1, 3])
    const z = add(x, new Node({ op: 'Relu', inputs: [x], dimensions: [-1, 3] }))
    const whole = encodeModel({ name: 'g', batch: undefined, inputs: new Map([['x', x]]), outputs: new Map([['z', z]]) })
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, cut) => {
        const bytes = cut ? whole.slice(0, at) : Uint8Array.from(whole)
        if (!cut) bytes[at]! ^= flip
        const path = await store(bytes)
        const code = await Promise.resolve()
          .then(() => fromOnnx(path, { inputs: { x: [3] }, outputs: ['z'] }))
          .then(() => 'models.onnx', (error: TapeloomError) => error.code)
        expect(code).toBe('models.onnx')
      }),
      { numRuns: 150, seed: 11 },
    )
  })
})
