import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { foundHung } from '../journal/hung-module.ts'

const root = mkdtempSync(join(tmpdir(), 'tapeloom-watchdog-'))
afterAll(() => rmSync(root, { recursive: true }))
const program = fileURLToPath(new URL('./hanging-run.fixture.ts', import.meta.url))
const start = (journal: string, ...commands: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@tapeloom/source', '--no-warnings', program, journal, ...commands], { encoding: 'utf8', timeout: 60_000 })
  return { status, lines: stdout.trim().split('\n'), stderr }
}

describe('a handler that never returns', () => {
  test('ends the process with code 1, by its hooks, and the module is named and noted beside the journal', () => {
    const journal = join(root, 'hanging')
    const { status, lines, stderr } = start(journal)
    expect(status).toBe(1)
    expect(status).toBe(1)
    expect(lines).toEqual(['exit 1'])
    expect(stderr).toContain('[module looping] never returned from input 60 within 0.3 s: the process ends. It is disabled at the next start.')
    expect(JSON.parse(readFileSync(join(journal, 'hung.json'), 'utf8'))).toEqual({ module: 'looping', sequence: 60 })
  }, 60_000)

  test('is disabled at the next start with the reason, which the journal holds from then on', () => {
    const journal = join(root, 'disabled')
    start(journal)
    const next = start(journal)
    expect(next.status).toBe(0)
    const reason = 'never returned from input 60 and ended the process'
    expect(next.lines[0]).toMatch(new RegExp(`^fault \\d+ looping module.hung ${reason}$`))
    expect(next.lines.slice(1, 3)).toEqual(['steady running ', `looping disabled ${reason}`])
    expect(existsSync(join(journal, 'hung.json'))).toBe(false)
    rmSync(join(journal, 'snapshots'), { recursive: true })
    expect(start(journal).lines).toEqual(next.lines)
  }, 60_000)

  test('is heard again once its module is enabled', () => {
    const enabled = join(root, 'enabled')
    start(enabled)
    const { status, stderr } = start(enabled, 'enable')
    expect([status, stderr.includes('[module looping] never returned')]).toEqual([1, true])
  }, 60_000)
})

describe('a marker beside the journal', () => {
  test('of an input that the journal holds is an error: running it again would hang again', () => {
    writeFileSync(join(root, 'hung.json'), JSON.stringify({ module: 'looping', sequence: 60 }))
    expect(foundHung(root, 59)).toEqual({ module: 'looping', sequence: 60 })
    expect(() => foundHung(root, 60)).toThrow('[module looping] never returned from input 60, which the journal holds (it ends at 60).')
  })

  test('that was cut off says nothing', () => {
    const folder = mkdtempSync(join(root, 'cut-'))
    writeFileSync(join(folder, 'hung.json'), '{"module":"loo')
    expect(foundHung(folder, 59)).toBeUndefined()
  })
})
