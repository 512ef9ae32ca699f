import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const swings = resolve(import.meta.dirname, '../swings')

test('a subscriber teaches swings, and what was trained resolves to the tensors that were served', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapeloom-swings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const day = readFileSync(join(swings, 'scout.yaml'), 'utf8')
  const twoHours = day.replace('duration: 1d', 'duration: 2h')
  expect(twoHours).not.toBe(day)
  writeFileSync(join(folder, 'scout.yaml'), twoHours)
  const program = ['--conditions=@tapeloom/source', join(swings, 'main.ts')]
  const lines = execFileSync(process.execPath, program, { cwd: folder, encoding: 'utf8' }).trim().split('\n')
  expect(lines[0]).toMatch(/^scout 1 \d+\.\d+$/)
  const steps = lines.filter((line) => line.startsWith('scout '))
  expect(steps.map((line) => line.split(' ')[1])).toEqual(steps.map((_, i) => String(i + 1)))
  expect(lines.join('\n')).toContain("series: 'sim:BTC/USDT:candle:1m'")
  expect(lines.at(-1)).toBe('] 600 true')
})
