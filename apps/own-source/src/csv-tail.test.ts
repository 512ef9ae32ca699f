import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineSource, Orchestrator, type Source } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { burst } from 'tapeloom-module-burst'
import { expect, onTestFinished, test } from 'vitest'
import { csvTail } from './csv-tail.ts'

const startMs = Date.now() // a live source is judged against the clock
const row = (index: number, price: string, side = 'buy') => `${(startMs + index) * 1000},${price},0.5,${side}\n`

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tapeloom-csv-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Runs over the file, writes down what is heard, and tells when a number of lines is there. */
function follow(source: Source, journal?: string) {
  const data = new DataProvider({ sources: [source], ...(journal !== undefined && { journal }) })
  const orchestrator = new Orchestrator({ data, modules: [burst] })
  const heard: string[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const note = (line: string): void => {
    heard.push(line)
    for (const { count, resolve } of waiting) if (heard.length >= count) resolve()
  }
  orchestrator.on('trade', ({ price, aggressor }) => note(`${price} ${aggressor}`))
  orchestrator.on('data:reject', ({ code, message }) => note(`${code} ${message}`))
  const lines = (count: number) => new Promise<void>((resolve) => {
    waiting.push({ count, resolve })
    if (heard.length >= count) resolve()
  })
  return { orchestrator, data, heard, lines, run: orchestrator.run() }
}

test('rows are traded as they are appended, half a row waits, a bad one is rejected, and stop ends it', async () => {
  const path = join(temporary(), 'trades.csv')
  writeFileSync(path, row(0, '60000.01') + row(1, '60000.02', 'sell').slice(0, -5))
  const { orchestrator, data, heard, lines, run } = follow(csvTail(path))
  await lines(1)
  appendFileSync(path, 'sell\n')
  await lines(2)
  appendFileSync(path, row(2, '60000.03', 'maybe') + row(3, '-1') + row(4, '60000.04'))
  await lines(5)
  await orchestrator.stop()
  const { events } = await run
  expect(heard).toEqual([
    '60000.01 buy', '60000.02 sell', expect.stringMatching(/^csv\.side .*could not be read/),
    expect.stringMatching(/^data\.\w+ .*'-1'/), '60000.04 buy',
  ])
  expect(events.trade).toBe(3)
  expect([...data.rejected]).toEqual([[`${path} csv.side`, 1], [`${path} data.trade`, 1]])
})

test('an existing journal is continued after the last acknowledged row', async () => {
  const folder = temporary()
  const [path, journal] = [join(folder, 'trades.csv'), join(folder, 'journal')]
  const starts: (number | undefined)[] = []
  const source = () => {
    const tail = csvTail(path)
    return defineSource({ ...tail, events: (from) => (starts.push(from.after), tail.events(from)) })
  }
  const first = row(0, '60000.01') + row(1, '60000.02', 'maybe')
  writeFileSync(path, first)
  const before = follow(source(), journal)
  await before.lines(2)
  await before.orchestrator.stop()
  await before.run
  appendFileSync(path, row(2, '60000.03', 'sell'))
  const after = follow(source(), journal)
  await after.lines(1)
  await after.orchestrator.stop()
  expect(after.heard).toEqual(['60000.03 sell'])
  expect(starts).toEqual([undefined, first.length])
  expect((await after.run).events.trade).toBe(2)
})
