import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const run = (code: readonly string[]) => execFileSync(process.execPath, ['--conditions=@tapeloom/source', ...code], { encoding: 'utf8', cwd: fileURLToPath(new URL('.', import.meta.url)) })

test('eight pivots are confirmed, and level 3 is not known yet', () => {
  const lines = run([main]).trim().split('\n')
  expect(lines[0]).toBe('1 high 60433 2')
  expect(lines).toHaveLength(9)
  expect(lines.at(-1)).toBe('1 null')
})

test('no native library is loaded', () => {
  const report = 'console.log(JSON.stringify(process.report.getReport().sharedObjects))'
  const lines = run(['--input-type=module', '-e', `await import(${JSON.stringify(main)}); ${report}`]).trim().split('\n')
  const libraries = JSON.parse(lines.at(-1) ?? '[]') as string[]
  expect(libraries.length).toBeGreaterThan(0)
  expect(libraries.filter((path) => path.endsWith('.node') || /duckdb|onnxruntime/.test(path))).toEqual([])
})
