import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TextPool } from './text-pool.ts'

test('a text has one number while it is used, and numbers of released texts are used again', () => {
  const pool = new TextPool()
  const [a, b] = [pool.take('a'), pool.take('b')]
  expect(pool.take('a')).toBe(a)
  pool.release(a)
  expect(pool.text(a)).toBe('a')
  pool.release(a)
  expect(pool.text(a)).toBe('')
  expect(pool.take('c')).toBe(a)
  expect([pool.text(a), pool.text(b), pool.size]).toEqual(['c', 'b', 2])
})

test('a pool holds what was taken more often than released', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.boolean())), (steps) => {
    const pool = new TextPool()
    const numbers = new Map<string, number[]>()
    for (const [text, take] of steps) {
      const held = numbers.get(text) ?? []
      numbers.set(text, held)
      if (take) held.push(pool.take(text))
      else if (held.length > 0) pool.release(held.pop()!)
    }
    const held = [...numbers].filter(([, list]) => list.length > 0)
    expect(pool.size).toBe(held.length)
    for (const [text, list] of held) for (const number of list) expect(pool.text(number)).toBe(text)
  }))
})
