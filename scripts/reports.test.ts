import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtEntries } from './built-entries.ts'
import { changesets } from './changesets.ts'
import { coverageFindings, packageCoverage } from './coverage.ts'
import { brotliBytes, packageSize } from './package-size.ts'
import { planted } from './planted.ts'

test('a package below the coverage floor is found, by the sum of its lines', () => {
  using repository = planted({})
  expect(coverageFindings(repository.root)).toEqual(['coverage/coverage-summary.json is missing: vitest wrote no coverage'])
  const lines = (total: number, covered: number) => ({ lines: { total, covered } })
  using report = planted({})
  const file = (path: string) => join(report.root, path)
  mkdirSync(file('coverage'))
  const summary = {
    total: lines(220, 190),
    [file('packages/core/src/a.ts')]: lines(100, 100),
    [file('packages/core/src/b.ts')]: lines(20, 0),
    [file('packages/data/src/a.ts')]: lines(100, 95),
  }
  writeFileSync(file('coverage/coverage-summary.json'), JSON.stringify(summary))
  expect(packageCoverage(report.root)?.map(({ folder }) => folder)).toEqual(['packages/core', 'packages/data'])
  expect(coverageFindings(report.root)).toEqual(['packages/core: 83.3 % of lines are covered, 95 % is the floor'])
})

test('a built module over its budget is found, its chunks counted, and so is one that was not built', () => {
  const noise = (length: number) => Array.from({ length }, (_, i) => ((i * 2654435761) >>> 0).toString(36)).join('')
  using repository = planted({
    'packages/module-a/package.json': { name: '@tapeloom/module-a' },
    'packages/module-a/dist/index.js': "import { x } from './chunk.js'\nexport { x }\n",
    'packages/module-a/dist/chunk.js': `export const x = '${noise(3000)}'\n`,
    'packages/module-b/package.json': { name: '@tapeloom/module-b' },
    'packages/module-c/package.json': { name: '@tapeloom/module-c' },
    'packages/module-c/dist/index.js': 'export const x = 1\n',
  })
  expect(packageSize(repository.root)).toEqual([
    expect.stringMatching(/^packages\/module-a: \d+ bytes minified and after brotli, 6000 is the budget$/),
    'packages/module-b: dist/index.js is missing, the build failed',
  ])
  expect(brotliBytes(repository.root, 'packages/module-c/dist/index.js')).toBeLessThan(50)
})

test('a changeset for an unknown package, of an unknown bump or without words is found', () => {
  using repository = planted({
    'packages/core/package.json': { name: '@tapeloom/core' },
    '.changeset/good.md': '---\n"@tapeloom/core": minor\n---\n\nRun events.\n',
    '.changeset/empty.md': '---\n---\n',
    '.changeset/a.md': '---\n"@tapeloom/cor": minor\n---\n\nText.\n',
    '.changeset/b.md': "---\n'@tapeloom/core': huge\n---\n\nText.\n",
    '.changeset/c.md': '---\n"@tapeloom/core": patch\n---\n\n',
    '.changeset/d.md': 'Text.\n',
  })
  expect(changesets(repository.root)).toEqual([
    '.changeset/a.md: "@tapeloom/cor" is not published from here',
    '.changeset/b.md: "huge" is neither major, minor nor patch',
    '.changeset/c.md: says nothing: the first line is the effect that users see',
    '.changeset/d.md: has no front matter',
  ])
})

test('a built entry that is missing, or throws while it loads, is found', () => {
  const manifest = (name: string) => ({
    name,
    type: 'module',
    exports: { '.': { '@tapeloom/source': './src/index.ts', default: './dist/index.js' }, './package.json': './package.json' },
    publishConfig: { access: 'public' },
  })
  using repository = planted({
    'packages/a/package.json': manifest('@tapeloom/a'),
    'packages/a/dist/index.js': 'export {}\n',
    'packages/b/package.json': manifest('@tapeloom/b'),
    'packages/b/src/index.ts': 'export {}\n',
    'packages/c/package.json': manifest('@tapeloom/c'),
    'packages/c/dist/index.js': "throw new RangeError('planted')\n",
  })
  expect(builtEntries(repository.root)).toEqual([
    expect.stringMatching(/^@tapeloom\/b does not load from dist: Error .*Cannot find module/),
    '@tapeloom/c does not load from dist: RangeError: planted',
  ])
})
