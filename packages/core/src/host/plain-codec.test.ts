import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRandom, decodePlain, encodePlain, type Plain } from '../index.ts'
import { OutputDigest } from './output-digest.ts'

describe('plain data', () => {
  const typed = fc.oneof(fc.float64Array(), fc.float32Array(), fc.int32Array(), fc.uint32Array(), fc.int16Array(), fc.uint16Array(), fc.int8Array(), fc.uint8Array())
  const { plain } = fc.letrec<{ plain: unknown }>((tie) => ({
    plain: fc.oneof({ maxDepth: 4 }, fc.constant(null), fc.boolean(), fc.double(), fc.string({ unit: 'grapheme' }), typed, fc.array(tie('plain'), { maxLength: 4 }), fc.dictionary(fc.string().filter((key) => key !== '__proto__'), tie('plain'), { maxKeys: 4, noNullPrototype: true })),
  }))
  test('comes back as it was, to the bit', () => {
    fc.assert(fc.property(plain, (value) => {
      const bytes = encodePlain(value as Plain)
      expect(decodePlain(bytes)).toEqual(value)
      expect(encodePlain(decodePlain(bytes))).toEqual(bytes)
    }), { seed: 11, numRuns: 300 })
  })
  test.each([[{ a: [new Map()] }, "'a[0]' is Map"], [{ a: undefined }, "'a' is undefined"], [new Date(0), 'the value is Date'], [{ f() {} }, "'f' is function"], [new BigInt64Array(1), 'the value is BigInt64Array']])('what is not plain is refused by its path', (value, message) => {
    expect(() => encodePlain(value as unknown as Plain)).toThrow(message)
  })
  test('bytes that were cut or changed are refused', () => {
    const bytes = encodePlain({ a: [1, 'two', new Float64Array(3)] })
    for (let length = 0; length < bytes.length; length++) expect(() => decodePlain(bytes.subarray(0, length))).toThrow('[snapshot] bytes end or change')
    expect(() => decodePlain(Buffer.concat([bytes, bytes]))).toThrow('bytes too many')
    expect(() => decodePlain(Uint8Array.of(99))).toThrow('Use an older one')
  })
})

describe('randomness', () => {
  test('is the same for the same seed and names, and goes on from its state', () => {
    const [a, b] = [createRandom(1, 'm', 'BTC/USDT'), createRandom(1, 'm', 'BTC/USDT')]
    const draw = () => [a.next(), a.normal(), a.integer(10)]
    expect(draw()).toEqual([b.next(), b.normal(), b.integer(10)])
    b.state.set(a.state)
    expect(draw()).toEqual([b.next(), b.normal(), b.integer(10)])
    expect(createRandom(2, 'm').next()).not.toBe(createRandom(1, 'm').next())
  })
  test('has the moments of its distributions', () => {
    const random = createRandom(5, 'moments')
    const n = 200_000
    let [sum, squares, uniform] = [0, 0, 0]
    for (let i = 0; i < n; i++) {
      const x = random.normal()
      sum += x
      squares += x * x
      uniform += random.next()
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.01)
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.02)
    expect(Math.abs(uniform / n - 0.5)).toBeLessThan(0.005)
  })
})

describe('the output digest', () => {
  const fill = (digest: OutputDigest, from: number, to: number) => {
    for (let i = from; i < to; i++) digest.add('record', i, `text ${i}`, NaN, -0)
    digest.addNumbers(new Float64Array(20_000).fill(0.1))
  }
  test('depends on each value and on the order', () => {
    const hash = (...values: (string | number)[]) => {
      const digest = new OutputDigest()
      digest.add('k', ...values)
      return digest.value()
    }
    expect(new Set([hash(1, 2), hash(2, 1), hash(1, '2'), hash(12), hash('1', '2'), hash('12')]).size).toBe(6)
    expect(hash(-0, 0 / 0)).toBe(hash(0, NaN))
  })
  test('carried on from a snapshot ends as one that was never cut', () => {
    const [straight, first, second] = [new OutputDigest(), new OutputDigest(), new OutputDigest()]
    fill(straight, 0, 5000)
    fill(straight, 5000, 9000)
    fill(first, 0, 5000)
    second.restore(decodePlain(encodePlain(first.snapshot())) as never)
    fill(second, 5000, 9000)
    expect(second.value()).toBe(straight.value())
    second.add('more')
    expect(second.value()).not.toBe(straight.value())
  })
  test('takes texts longer than a block', () => {
    const digest = new OutputDigest()
    digest.add('long', 'x'.repeat(200_000))
    expect(digest.value()).toHaveLength(64)
  })
})
