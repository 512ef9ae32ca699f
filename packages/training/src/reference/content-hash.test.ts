import { createHash } from 'node:crypto'
import type { FedTensor } from '@tapeloom/core'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { contentHash } from './content-hash.ts'

/** The format, written out slowly. */
function oracle(schemaHash: string, tensors: readonly FedTensor[]): string {
  const parts = [Buffer.from('TLT1'), Buffer.from(schemaHash)]
  for (const { shape, data } of tensors) {
    const head = Buffer.alloc(2 + 4 * shape.length)
    head[0] = 1
    head[1] = shape.length
    shape.forEach((size, i) => head.writeUInt32LE(size, 2 + 4 * i))
    const body = Buffer.alloc(4 * data.length)
    data.forEach((value, i) => {
      if (Number.isNaN(value)) body.writeUInt32LE(0x7fc00000, 4 * i)
      else body.writeFloatLE(Object.is(value, -0) ? 0 : value, 4 * i)
    })
    parts.push(head, body)
  }
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex').slice(0, 32)
}

const tensor = fc.array(fc.float({ noDefaultInfinity: false }), { maxLength: 40 }).map((values): FedTensor =>
  ({ name: 'x', shape: values.length % 2 === 0 ? [values.length / 2, 2] : [values.length], data: Float32Array.from(values) }))

test('the hash is that of the written-out format, for tensors of any size', () => {
  fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.array(tensor, { maxLength: 4 }), (schema, tensors) => {
    expect(contentHash(schema, tensors)).toBe(oracle(schema, tensors))
  }))
  const large = { name: 'large', shape: [600, 50], data: new Float32Array(30_000).fill(0.1) }
  expect(contentHash('ab', [large])).toBe(oracle('ab', [large]))
})

test('one known hash stands: the format does not change unnoticed', () => {
  const tensors = [{ name: 'x', shape: [2, 2], data: new Float32Array([1, -2, 0.5, 0]) }]
  expect(contentHash('0123456789abcdef', tensors)).toBe('063a09b0932e2d07deb78a950c587269')
})

test('every NaN is one NaN and −0 is 0', () => {
  const odd = new Float32Array(new Uint32Array([0xffc00001, 0x7f800001]).buffer)
  const of = (data: Float32Array): string => contentHash('s', [{ name: 'x', shape: [2], data }])
  expect(of(odd)).toBe(of(new Float32Array([NaN, NaN])))
  expect(of(new Float32Array([-0, 1]))).toBe(of(new Float32Array([0, 1])))
})

test('another shape, order, schema or last bit is another hash', () => {
  const data = new Float32Array([1, 2, 3, 4])
  const base = contentHash('s', [{ name: 'x', shape: [4], data }])
  const changed = data.slice()
  new Uint32Array(changed.buffer)[3]! ^= 1
  const others = [
    contentHash('s', [{ name: 'x', shape: [2, 2], data }]),
    contentHash('t', [{ name: 'x', shape: [4], data }]),
    contentHash('s', [{ name: 'x', shape: [4], data: changed }]),
    contentHash('s', [{ name: 'x', shape: [4], data: data.toReversed() }]),
  ]
  expect(new Set([base, ...others]).size).toBe(5)
})
