import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { benchmarks } from './benchmarks.ts'
import { fused, SLOTS, weights, BODIES } from './event-path/module-bodies.ts'
import { emitterAndObjects, objectsAndLoop } from './event-path/rivals.ts'
import { makeTape } from './event-path/tape-feed.ts'
import { ratioOf } from './measure.ts'
import { table } from './table.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

test.each(benchmarks.map(({ name, file }) => [name, file]))('the file of %s is there', (_, file) => {
  expect(existsSync(join(root, file))).toBe(true)
})

test('the table says what is met, what is missed, and by how much', () => {
  const text = table([
    { benchmark: 'one', what: 'fast', measured: 1.1, unit: '×', target: 1.35 },
    { benchmark: 'one', what: 'slow', measured: 45.4, unit: 'ns', target: 30, note: 'busy' },
    { benchmark: 'two', what: 'size', measured: 123.4, unit: 'B' },
    { benchmark: 'two', what: 'lost', measured: NaN, unit: '×', target: 2 },
  ])
  expect(text.split('\n')).toEqual([
    'benchmark  what  target     measured          note',
    'one        fast  <= 1.35 ×  1.10 ×    met',
    'one        slow  <= 30 ns   45 ns     MISSED  busy',
    'two        size             123 B',
    'two        lost  <= 2.00 ×  NaN ×     MISSED',
    '',
    'Missed: slow is 45 ns, the target is 30 ns.',
    'Missed: lost is NaN ×, the target is 2.00 ×.',
  ])
})

test('a ratio is the median of the turns', () => {
  expect(ratioOf([2, 30, 6], [1, 10, 1])).toBe(3)
})

test.each([1, 3])('the rivals decide as the fused loop does, over %i symbols', (symbols) => {
  const tape = makeTape(symbols)
  const states = Array.from({ length: symbols }, () => BODIES.map(() => new Float64Array(SLOTS)))
  const decisions = fused(tape, states, weights, 0, 20_000)
  expect(decisions).toBeGreaterThan(0)
  expect(objectsAndLoop(tape, symbols, weights)(0, 20_000)).toBe(decisions)
  expect(emitterAndObjects(tape, symbols, weights)(0, 20_000)).toBe(decisions)
})
