import { expect, test, vi } from 'vitest'
import { compileFanOut } from './fan-out.ts'

const build = (count: number, throwers: readonly number[] = []) => {
  const calls: number[] = []
  const faults: number[] = []
  const handlers = Array.from({ length: count }, (_, i) => ({
    ctx: { i },
    call: (_event: unknown, ctx: { i: number }) => {
      if (throwers.includes(ctx.i)) throw new Error(`${ctx.i}`)
      calls.push(ctx.i)
    },
  }))
  return { calls, faults, dispatch: compileFanOut(handlers, (index) => faults.push(index)) }
}
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

test.each([0, 1, 2, 9, 16, 64, 65, 130])('%i handlers are called once each, in order', (count) => {
  const { dispatch, calls } = build(count)
  dispatch({})
  expect(calls).toEqual(upTo(count))
})

test.each([3, 70])('of %i handlers those that throw are named, and the others called all the same', (count) => {
  const { dispatch, calls, faults } = build(count, [0, 2])
  dispatch({})
  dispatch({})
  expect(faults).toEqual([0, 2, 0, 2])
  expect(calls).toEqual([...upTo(count), ...upTo(count)].filter((i) => i !== 0 && i !== 2))
})

test('where code generation is forbidden a loop does the same', () => {
  const forbidden = vi.spyOn(globalThis, 'Function').mockImplementation(function () {
    throw new EvalError('forbidden')
  })
  const { dispatch, calls, faults } = build(5, [1])
  forbidden.mockRestore()
  dispatch({})
  expect([calls, faults]).toEqual([[0, 2, 3, 4], [1]])
})
