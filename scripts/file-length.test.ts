import { expect, test } from 'vitest'
import { fileLength, runningLines, sourceLines } from './file-length.ts'
import { planted } from './planted.ts'

const statements = (count: number) => 'f()\n'.repeat(count)

test('lines with code count, blank lines and comments do not', () => {
  expect(sourceLines('/** A\n * B\n */\nexport const a = 1 // c\n\n// d\nconst b = `x\n\ny`\n')).toBe(4)
  expect(sourceLines('')).toBe(0)
})

test('lines that run leave out types, imports and lone brackets', () => {
  const text = "import { a } from 'b'\nexport interface C {\n  d: number\n}\n/** E. */\nexport function f(g: C): number {\n  // h\n  return g.d\n}\nexport type { I } from 'j'\n"
  expect(runningLines(text)).toBe(2)
})

test('a file over 400 lines fails, one over 300 warns, tests and scripts included', () => {
  using repository = planted({
    'packages/data/package.json': { name: '@tapeloom/data' },
    'packages/data/src/a.ts': statements(401),
    'packages/data/src/b.test.ts': statements(301),
    'scripts/c.ts': statements(300),
  })
  expect(fileLength(repository.root)).toEqual({
    findings: ['packages/data/src/a.ts has 401 lines, 400 is the limit: one concept a file'],
    warnings: ['packages/data/src/b.test.ts has 301 lines, 300 is the aim'],
  })
})

test('a module over 500 source lines and a core over 2,000 that run fail, their tests and test kit left out', () => {
  const many = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`packages/core/src/f${i}.ts`, statements(290)]))
  using repository = planted({
    'packages/module-a/package.json': { name: '@tapeloom/module-a' },
    'packages/module-a/src/index.ts': statements(260),
    'packages/module-a/src/more.ts': statements(241),
    'packages/module-b/package.json': { name: '@tapeloom/module-b' },
    'packages/module-b/src/index.ts': statements(260),
    'packages/module-b/src/index.test.ts': statements(290),
    'packages/core/package.json': { name: '@tapeloom/core' },
    'packages/core/src/testing/kit.ts': statements(290),
    ...many,
  })
  expect(fileLength(repository.root).findings).toEqual([
    'packages/core has 2030 lines that run, 2000 is the limit',
    'packages/module-a has 501 source lines, 500 is the limit',
  ])
})

test('an Orchestrator over 400 source lines fails, whatever else is in its file', () => {
  using repository = planted({
    'packages/core/package.json': { name: '@tapeloom/core' },
    'packages/core/src/orchestrator.ts': `class Orchestrator {\n${'x = 1\n'.repeat(399)}}\nclass Other {}\n`,
  })
  expect(fileLength(repository.root).findings).toContain(
    'packages/core/src/orchestrator.ts: Orchestrator has 401 source lines, 400 is the limit',
  )
})
