import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'

const packages = resolve(import.meta.dirname, '../..')

/**
 * For tests: a folder with these files, in which the named packages of this repository are installed (core and data
 * always). It goes when the test is over.
 */
export function projectFolder(files: Readonly<Record<string, string>>, installed: readonly string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'tapeloom-config-'))
  const program = process.argv[1] ?? ''
  // the test runner stands where packages are found that a program would not see
  process.argv[1] = join(folder, 'main.ts')
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
    process.argv[1] = program
  })
  mkdirSync(join(folder, 'node_modules/@tapeloom'), { recursive: true })
  const home = join(folder, 'node_modules/@tapeloom')
  for (const name of ['core', 'data', ...installed]) symlinkSync(join(packages, name), join(home, name), 'junction')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** A module's source text; it has one feature and, for its options, `span`. */
export const moduleText = (name: string, more = ''): string => `
import { defineModule, option } from '@tapeloom/core'
export const ${name} = defineModule({
  name: '${name}', version: '1.2.0', core: '^1.0.0',
  options: { span: option.integer({ default: 2, min: 1, max: 9 }) },
  features: { seen: { rev: 1, unit: 'count', range: [0, 1e9], description: 'Closes seen.' } },
  candles: ['1m'],
  ${more.includes('requires') ? more : ''}
  state: () => ({ seen: 0 }),
  on: { 'candle:close'(_, { state, features }) { features.seen = ++state.seen } },
  ${more.includes('requires') ? '' : more}
})
`

/** A module that other packages do not know. */
export const needing = (name: string, optional = false): string =>
  `requires: { ${name}: { module: '${name}', range: '^1', features: ['seen'], optional: ${optional} } },`
