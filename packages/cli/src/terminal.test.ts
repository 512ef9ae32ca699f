import { expect, test } from 'vitest'
import { TapeloomError } from '@tapeloom/core'
import { consoleLogger } from './console-logger.ts'
import { describeError, exitCodeOf } from './exit-code.ts'
import { duration, progressLine, showProgress } from './progress-bar.ts'
import { Terminal, type TextStream } from './terminal.ts'

const stream = (isTTY: boolean) => {
  const written: string[] = []
  return { written, isTTY, columns: 60, write: (text: string) => void written.push(text) } satisfies TextStream & { written: string[] }
}

test('colours are for terminals, and for those who want them', () => {
  const paint = (isTTY: boolean, env: Readonly<Record<string, string>>) => new Terminal({ stdout: stream(isTTY), stderr: stream(isTTY), env }, { isJson: false })
  expect(paint(true, {}).styled('red', 'x')).toBe('\u001b[31mx\u001b[39m')
  expect(paint(true, {}).styledNote('dim', 'x')).toBe('\u001b[2mx\u001b[22m')
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) expect(paint(true, env).styled('red', 'x')).toBe('x')
  expect(paint(true, { NO_COLOR: '' }).styled('red', 'x')).not.toBe('x')
  expect(paint(false, {}).styled('red', 'x')).toBe('x')
})

test('with json the result is one value and lines are silent; numbers that are not finite are null', () => {
  const [stdout, stderr] = [stream(false), stream(false)]
  const terminal = new Terminal({ stdout, stderr, env: {} }, { isJson: true })
  terminal.print('words')
  terminal.json({ a: NaN, b: 1 })
  terminal.note('working')
  expect(stdout.written.join('')).toBe('{\n  "a": null,\n  "b": 1\n}\n')
  expect(stderr.written).toEqual(['working\n'])
})

test('what an orchestrator says goes to stderr, except for details', () => {
  const stderr = stream(false)
  const { debug, info, warn, error } = consoleLogger(new Terminal({ stdout: stream(false), stderr, env: {} }, { isJson: false }))
  for (const say of [debug, info, warn, error]) say('a')
  expect(stderr.written).toEqual(['a\n', 'a\n', 'a\n'])
})

test('progress shows share, speed and the time that is left, within the width', () => {
  expect(progressLine({ done: 500, total: 2000 }, 0, 10, 80)).toBe('[########----------------------]  25 %  500 of 2,000 events  50/s  30 s left')
  expect(progressLine({ done: 1500, total: 2000 }, 1000, 10, 60)).toBe('[########--]  75 %  1,500 of 2,000 events  50/s  10 s left')
  expect(progressLine({ done: 1500, total: 2000 }, 1000, 10, 20)).toHaveLength(19)
  expect(progressLine({ done: 12_345, total: undefined }, 0, 10, 80)).toBe('12,345 events  1,235/s')
  expect(progressLine({ done: 0, total: 10 }, 0, 0, 80)).toBe('[------------------------------]   0 %  0 of 10 events  0/s')
  expect([59.4, 61, 7260].map(duration)).toEqual(['59 s', '1 min 1 s', '2 h 1 min'])
})

test('a bar draws on a terminal only, and clears its line when it stops', async () => {
  const [screen, file] = [stream(true), stream(false)]
  let draws = 0
  await new Promise<void>((resolve) => {
    const stop = showProgress(screen, () => {
      if (++draws === 3) setImmediate(() => resolve(stop()))
      return { done: draws, total: 10 }
    })
  })
  showProgress(file, () => ({ done: 1, total: 2 }))()
  expect(screen.written[0]).toContain('of 10 events')
  expect(screen.written.at(-1)).toBe('\r\u001b[K')
  expect(file.written).toEqual([])
})

test('bad input is 2, a run that fails 1', () => {
  const code = (name: string) => exitCodeOf(new TapeloomError(name, '[x] y. Z.'))
  expect(['config.key', 'module.missing', 'source.candle', 'feed.truncated', 'journal.manifest', 'store.in-use', 'store.newer', 'cli.usage'].map(code)).toEqual(Array(8).fill(2))
  expect(['journal.diverged', 'store.disk', 'training.hash', 'snapshot.checksum'].map(code)).toEqual(Array(4).fill(1))
  expect(exitCodeOf(new Error('x'))).toBe(1)
  expect(describeError(new Error('it broke.'))).toBe('[tapeloom] it broke. Run it again with --debug to see where.')
  expect(describeError('odd')).toBe('[tapeloom] odd. Run it again with --debug to see where.')
})
