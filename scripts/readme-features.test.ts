import { expect, test } from 'vitest'
import { planted } from './planted.ts'
import { readmeFeatures } from './readme-features.ts'

const source = (features: readonly string[], more = '') => `
export const a = {
  name: 'a', version: '1.0.0', options: { span: {} },
  features: { ${features.map((name) => `${name}: { rev: 1 }`).join(', ')}${more} },
}
declare module '@tapeloom/core' { interface EventMap { 'a:turn': object } }
`
const readme = (rows: readonly string[], { options = '`span`', events = 'Emits `a:turn {}`.' } = {}) =>
  `# @tapeloom/module-a\n\n## Features\n\n| name | unit |\n|---|---|\n${rows.map((row) => `| ${row} | bps |\n`).join('')}\n## Events\n\n${events}\n\n## Options\n\n| option | type |\n|---|---|\n| ${options} | text |\n`

/** Findings over one module with these features and this README. */
async function findings(index: string, text: string): Promise<string[]> {
  using repository = planted({
    'packages/module-a/package.json': { name: '@tapeloom/module-a', type: 'module' },
    'packages/module-a/src/index.ts': index,
    'packages/module-a/README.md': text,
  })
  return await readmeFeatures(repository.root)
}

test('a README that names all has no finding, however it shortens', async () => {
  expect(await findings(source(['spread', 'mean1s', 'mean5s', 'mean60s']), readme(['`spread`', '`mean1s` `5s` `60s`']))).toEqual([])
  expect(await findings(source(['l1High', 'l2High']), readme(['`l<k>High`']))).toEqual([])
  expect(await findings(source(['r1Bps0', 'r2Bps0', 'r3Bps0']), readme(['`r1Bps<j>` … `r3Bps<j>`']))).toEqual([])
  const list = source([], 'bucket: { rev: 1, size: 20 }')
  expect(await findings(list, readme(['`bucket0…19`']))).toEqual([])
  expect(await findings(list, readme(['`bucket`']))).toEqual([])
})

test('a feature that is not named, or is no feature, is found', async () => {
  expect(await findings(source(['spread', 'mean1s', 'mean5s']), readme(['`spread`', '`mean1s`']))).toEqual([
    'packages/module-a/README.md: the table of features lacks `mean5s`',
  ])
  expect(await findings(source(['spread']), readme(['`spread`', '`old` `older`']))).toEqual([
    'packages/module-a/README.md: the table of features names `old`, which the module does not have',
    'packages/module-a/README.md: the table of features names `older`, which the module does not have',
  ])
  expect(await findings(source(['spread']), '# @tapeloom/module-a\n')).toHaveLength(3)
})

test('an option or event that is not named is found', async () => {
  expect(await findings(source(['x']), readme(['`x`'], { options: '`spam`', events: 'Emits nothing.' }))).toEqual([
    'packages/module-a/README.md: the table of options lacks `span`',
    'packages/module-a/README.md: the section Events lacks `a:turn`',
  ])
})
