import { expect, test } from 'vitest'
import { determinism, violations } from './determinism.ts'
import { planted } from './planted.ts'

const rules = (text: string) => violations('x.ts', text).map(({ rule }) => rule)

test.each([
  ['const x = 2 ** n', 'power'],
  ['const x = 10 ** 3', 'power'],
  ['const x = 2 ** 0.5', 'power'],
  ['x **= 2', 'power'],
  ['const x = Math.pow(2, n)', 'power'],
  ["const x = Math['pow'](2, n)", 'power'],
  ['const { pow } = Math', 'power'],
  ['const x = globalThis.Math.random()', 'random'],
  ['const random = Math.random', 'random'],
  ["import { randomUUID as id } from 'node:crypto'", 'random'],
  ['const t = Date.now()', 'clock'],
  ['const t = new Date()', 'clock'],
  ['const t = new Date(2024, 1, 1)', 'clock'],
  ['const t = Date()', 'clock'],
  ['const t = performance.now()', 'clock'],
  ['setTimeout(() => {}, 1)', 'timer'],
  ['const later = setInterval', 'timer'],
  ['globalThis.setTimeout(f, 1)', 'timer'],
  ["import { setTimeout as sleep } from 'node:timers/promises'", 'timer'],
  ['for (const key in state) use(key)', 'for-in'],
  ['const h = new Date(ms).getHours()', 'local-time'],
  ['names.sort((a, b) => a.localeCompare(b))', 'locale'],
  ['const f = new Intl.NumberFormat()', 'locale'],
  ['const names = readdirSync(folder).filter(Boolean)', 'file-order'],
])('%s breaks the rule %s', (text, rule) => {
  expect(rules(text)).toEqual([rule])
})

test.each([
  '// 2 ** n, Date.now(), Math.random()',
  'const text = "setTimeout(Math.pow(2, 3))"',
  'const limit = 2 ** 53',
  'const day = new Date(openTimeMs).toISOString()',
  'const names = (await readdir(folder)).filter(Boolean).sort()',
  'const x = clock.now() + this.random.next() + Math.exp(y)',
  'class Clock { setTimeout(at: number) { return this.setTimeout(at) } }',
  'for (const [key, value] of map) use(key, value)',
  "import type { setTimeout } from 'node:timers/promises'",
])('%s is deterministic', (text) => {
  expect(rules(text)).toEqual([])
})

test('a planted clock is found in a module with its line, not in its test nor in another kind of package', () => {
  using repository = planted({
    'packages/module-x/package.json': { name: '@tapeloom/module-x' },
    'packages/module-x/src/index.ts': 'export {}\nexport const t = Date.now()\n',
    'packages/module-x/src/index.test.ts': 'export const t = Date.now()\n',
    'packages/cli/package.json': { name: '@tapeloom/cli' },
    'packages/cli/src/index.ts': 'export const t = Date.now()\n',
  })
  const findings = determinism(repository.root, [])
  expect(findings).toHaveLength(1)
  expect(findings[0]).toMatch(/^packages\/module-x\/src\/index\.ts:2 clock: /)
})

test('an allowance silences its rule in its file, and is reported once it is not needed', () => {
  using repository = planted({
    'packages/core/package.json': { name: '@tapeloom/core' },
    'packages/core/src/watchdog.ts': 'setTimeout(() => {}, 1)\n',
  })
  const file = 'packages/core/src/watchdog.ts'
  expect(determinism(repository.root, [{ file, rules: ['timer'], reason: 'watchdog' }])).toEqual([])
  expect(determinism(repository.root, [{ file, rules: ['timer', 'clock'], reason: 'watchdog' }])).toEqual([
    `${file} clock: this allowance is not needed any more, remove it`,
  ])
})
