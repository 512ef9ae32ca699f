import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { featurePage } from './feature-page.ts'
import { planted } from './planted.ts'

const root = resolve(import.meta.dirname, '..')

test('the page of all features and events is current; if not, run npm run feature-page', async () => {
  expect(readFileSync(join(root, 'docs/features.md'), 'utf8')).toBe(await featurePage(root))
})

test('it tells features, lists, needs and events of a module as they are declared', async () => {
  using repository = planted({
    'packages/module-a/package.json': { name: '@tapeloom/module-a', type: 'module' },
    'packages/module-a/src/index.ts': `
declare module '@tapeloom/core' {
  interface EventMap { 'a:turn': { readonly side: 'buy' | 'sell' } }
}
export const a = {
  name: 'a', version: '1.0.0', on: { trade() {} },
  features: { x: { rev: 2, unit: 'bps', range: [-1e4, 1e15], description: 'One | two.' }, list: { rev: 1, unit: 'score', range: [0, 50], size: 3, description: 'Three.', source: 'Somebody (1999)' } },
  requires: { b: { module: 'b', range: '^1', optional: true } },
}
`,
  })
  const page = await featurePage(repository.root)
  expect(page).toContain('## a\n\n@tapeloom/module-a. Hears `trade`. Needs b ^1 (optional).\n')
  expect(page).toContain('| `x` | 2 | bps | -1e4 … 1e15 | One \\| two. |  |\n| `list[3]` | 1 | score | 0 … 50 | Three. | Somebody (1999) |\n')
  expect(page).toContain("| `a:turn` | `{ side: 'buy' \\| 'sell' }` |")
})
