import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

test('observers see each decision, the newest books, and how many they missed', () => {
  const program = ['--conditions=@tapeloom/source', 'src/watching.ts']
  const lines = execFileSync(process.execPath, program, { cwd: resolve(import.meta.dirname, '..'), encoding: 'utf8' }).trim().split('\n')
  const decisions = lines.filter((line) => /^(buy|sell|hold) BTC\/USDT [\w-]+$/.test(line))
  expect(decisions).toHaveLength(120)
  expect(decisions.filter((line) => !line.startsWith('hold')).length).toBeGreaterThan(0)
  const books = lines.flatMap((line) => (/^BTC\/USDT (\S+) (\S+)$/.exec(line) ? [line.split(' ').slice(1).map(Number)] : []))
  expect(books.length).toBeGreaterThan(0)
  for (const [bid = NaN, ask = NaN] of books) expect(bid).toBeLessThan(ask)
  expect(lines.at(-1)).toMatch(/^\d+$/)
  expect(lines).toHaveLength(decisions.length + books.length + 1)
})
