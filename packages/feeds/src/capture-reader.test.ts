import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CaptureReader } from './capture-reader.ts'

async function linesOf(text: string): Promise<readonly (readonly [line: number, text: string])[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tapeloom-feeds-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'x.txt'), text)
  const reader = new CaptureReader(join(folder, 'x.txt'))
  const lines: [number, string][] = []
  while (await reader.load()) while (reader.next()) lines.push([reader.line, reader.text()])
  await reader.close()
  return lines
}

test('lines end in a line feed, with or without a carriage return; empty ones count and are passed over', async () => {
  for (const end of ['\n', '\r\n']) {
    expect(await linesOf(['a', '', 'bc', '', ''].join(end))).toEqual([[1, 'a'], [3, 'bc']])
    expect(await linesOf(['', 'a', 'b'].join(end))).toEqual([[2, 'a'], [3, 'b']])
  }
  expect(await linesOf('a\rb\n\r\n')).toEqual([[1, 'a\rb']])
})
