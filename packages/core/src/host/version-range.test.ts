import fc from 'fast-check'
import { satisfies, validRange } from 'semver'
import { expect, test } from 'vitest'
import { inRange } from './version-range.ts'

const part = fc.integer({ min: 0, max: 3 })
const version = fc.tuple(part, part, part, fc.constantFrom('', '-beta.1')).map(([a, b, c, tag]) => `${a}.${b}.${c}${tag}`)
const range = fc.oneof(
  fc.tuple(part, part, part).chain((parts) => fc.integer({ min: 1, max: 3 }).map((count) => `^${parts.slice(0, count).join('.')}`)),
  fc.constantFrom('*', '>=1.2 <3', '~1.2.0', '1', '1.2.3 || ^2.1', '^1.0.0-beta.2', 'nonsense', ''),
)

test('ranges mean what semver says', () => {
  fc.assert(fc.property(version, range, (one, of) => {
    expect(inRange(one, of)).toBe(validRange(of) !== null && satisfies(one, of, { includePrerelease: true }))
  }), { numRuns: 2000 })
})

test('the range of the workspace holds every version', () => {
  expect(inRange('0.0.1', 'workspace:^')).toBe(true)
})
