import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planted } from './planted.ts'
import { appFindings, lostFiles, summarise } from './vitest-report.ts'

const file = (name: string, statuses: readonly string[], message = '') => ({
  name: join('/r', name),
  status: statuses.includes('failed') || message !== '' ? 'failed' : 'passed',
  message,
  assertionResults: statuses.map((status, index) => ({ fullName: `t${index}`, status })),
})

test('tests are counted by status, and a file that does not load is a failure', () => {
  const files = [file('a.test.ts', ['passed', 'failed', 'pending']), file('b.test.ts', ['passed', 'passed']), file('c.test.ts', [], 'SyntaxError: x\n at y')]
  const report = summarise('/r', files, 1, true)
  expect(report).toMatchObject({ passed: 3, failed: 2, skipped: 1 })
  expect(report.findings).toEqual(['a.test.ts: t1', 'c.test.ts could not be run: SyntaxError: x'])
  expect([...report.good]).toEqual(['b.test.ts'])
})

test('a run without a report, and one that ends badly with all tests passed, are failures', () => {
  expect(summarise('/r', undefined, 1, false)).toMatchObject({ passed: 0, failed: 1 })
  expect(summarise('/r', [file('a.test.ts', ['passed'])], 1, false).failed).toBe(1)
  expect(summarise('/r', [file('a.test.ts', ['passed'])], 1, true).failed).toBe(0)
  expect(summarise('/r', [file('a.test.ts', ['passed'])], 0, false).failed).toBe(0)
})

test('a file whose process ended before all its tests did is lost, one with a failed test is not', () => {
  const files = [file('a.test.ts', ['passed', 'pending']), file('b.test.ts', ['failed', 'pending']), file('c.test.ts', ['skipped', 'passed'])]
  expect(lostFiles(files).map(({ name }) => name)).toEqual(['/r/a.test.ts'])
})

test('an app whose tests failed, or were all skipped, is found', () => {
  using repository = planted({ 'apps/a/package.json': {}, 'apps/b/package.json': {}, 'apps/c/package.json': {}, 'bench/package.json': {} })
  const files = [file('apps/a/src/a.test.ts', ['passed']), file('apps/b/src/b.test.ts', ['failed']), file('apps/c/src/c.test.ts', ['pending'])]
  const report = summarise('/r', files, 1, false)
  expect(appFindings(repository.root, report)).toEqual(['apps/b: no test of this app passed', 'apps/c: no test of this app passed'])
  expect(appFindings(repository.root, undefined)).toHaveLength(3)
})
