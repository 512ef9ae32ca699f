import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('a disabled module is missing, and a resumed run ends as the straight one', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const output = execFileSync(process.execPath, ['--conditions=@tapeloom/source', main], { encoding: 'utf8' })
  expect(output).toContain("module: 'baseline'")
  expect(output).toMatch(/^null$/m)
  expect(output.trim().split('\n').at(-1)).toBe('true')
})
