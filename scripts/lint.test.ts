import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { planted } from './planted.ts'
import { programPath, run } from './tool.ts'

const here = resolve(import.meta.dirname, '..')

/** What oxlint says with our configuration of one file, as rule names. */
async function rulesFor(path: string, text: string): Promise<string[]> {
  using repository = planted({ [path]: text })
  cpSync(join(here, '.oxlintrc.json'), join(repository.root, '.oxlintrc.json'))
  const parameters = [programPath(here, 'oxlint', 'oxlint'), '--deny-warnings', '--format=unix', path]
  const { output } = await run(process.execPath, parameters, repository.root)
  return [...output.matchAll(/\[\w+\/[\w-]+\(([\w-]+)\)\]/g)].map(([, rule]) => rule ?? '').toSorted()
}

const text = 'export const a = Math.random() + Math.pow(2, 3) + Date.now() + performance.now()\nsetTimeout(() => a, 1)\nconsole.log(a)\n'

test('a module with a clock, a timer, randomness or powers does not pass the linter', async () => {
  const global = 'no-restricted-globals'
  const property = 'no-restricted-properties'
  expect(await rulesFor('packages/module-x/src/index.ts', text)).toEqual(['no-console', global, global, global, property, property])
})

test('the command line may use all of them, and a tidy module passes', async () => {
  expect(await rulesFor('packages/cli/src/main.ts', text)).toEqual([])
  expect(await rulesFor('packages/module-x/src/index.ts', 'export const half = (x: number) => x / 2\n')).toEqual([])
})

test('an unused variable and a default export are found everywhere', async () => {
  expect(await rulesFor('packages/cli/src/main.ts', 'const a = 1\nexport default 2\n')).toEqual(['no-default-export', 'no-unused-vars'])
})
