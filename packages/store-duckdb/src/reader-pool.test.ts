import { expect, test } from 'vitest'
import { ReaderPool, type Reader } from './reader-pool.ts'

/** A pool whose connections open when they are let, or fail. */
function pool() {
  const opening: { resolve: (reader: Reader) => void; reject: (error: Error) => void }[] = []
  return { opening, pool: new ReaderPool(() => new Promise((resolve, reject) => opening.push({ resolve, reject }))) }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))
const reader = (name: string) => ({ name }) as unknown as Reader
const nameOf = async (one: Reader) => (one as unknown as { name: string }).name

test('at most three connections are open, and who comes later has the next that is free', async () => {
  const { opening, pool: readers } = pool()
  const found = ['a', 'b', 'c', 'd', 'e'].map(() => readers.use(nameOf))
  expect(opening).toHaveLength(3)
  opening.forEach(({ resolve }, i) => resolve(reader(`r${i}`)))
  expect((await Promise.all(found)).slice(0, 3)).toEqual(['r0', 'r1', 'r2'])
  expect(opening).toHaveLength(3)
})

test('a connection that cannot be opened takes no place: those who wait try anew', async () => {
  const { opening, pool: readers } = pool()
  const found = [1, 2, 3, 4, 5].map(() => readers.use(nameOf).catch((error: Error) => error.message))
  for (const { reject } of opening.slice()) reject(new Error('no memory'))
  expect(await Promise.all(found.slice(0, 3))).toEqual(['no memory', 'no memory', 'no memory'])
  await turn()
  expect(opening).toHaveLength(5)
  opening[3]!.resolve(reader('late'))
  opening[4]!.reject(new Error('no memory'))
  expect(await Promise.all(found.slice(3))).toEqual(['late', 'no memory'])
  expect(await readers.use(nameOf)).toBe('late')
})
