import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { CaptureFile } from './capture-file.ts'
import { projectFolder, tapeloom } from './cli-fixture.ts'

const text = (sources: string) => `orchestrator: { modules: [] }\ndata: { sources: ${sources} }\n`

test('record needs a folder, a live source, and a span of time', async () => {
  const folder = projectFolder({ 'c.yaml': text('[{ sim: { symbols: [BTC/USDT], duration: 1m } }]') })
  const config = join(folder, 'c.yaml')
  expect(await tapeloom(['record', config])).toMatchObject({ code: 2, err: expect.stringContaining('--out is missing') as string })
  const sim = await tapeloom(['record', config, '--out', join(folder, 'out')])
  expect(sim).toMatchObject({ code: 2, err: expect.stringMatching(/has no live source\. Give data\.sources an entry \{ live: … \}\./) as string })
  expect(existsSync(join(folder, 'out'))).toBe(false)
  expect(await tapeloom(['record', config, '--out', 'x', '--for', 'long'])).toMatchObject({ code: 2, err: expect.stringContaining("'long'") as string })
})

test('a venue that is not there ends the recording before it begins', async () => {
  const live = '{ live: { venue: kraken, symbols: [BTC/USD], urls: { rest: "http://127.0.0.1:9" }, backOff: { first: 1ms } } }'
  const folder = projectFolder({ 'c.yaml': text(`[${live}]`), taken: '' })
  const { code, err } = await tapeloom(['record', join(folder, 'c.yaml'), '--out', join(folder, 'out'), '--for', '1s'])
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('[live kraken] gives no instruments at http://127.0.0.1:9/') as string })
  const taken = await tapeloom(['record', join(folder, 'c.yaml'), '--out', join(folder, 'taken')])
  expect(taken).toMatchObject({ code: 2, err: expect.stringContaining('cannot be made a folder') as string })
})

test('nobody connects without a socket, and the time ends it', async () => {
  const own = `
import { kraken } from '@tapeloom/feeds'
import { instrument } from '@tapeloom/core'
export const gone = kraken({
  symbols: ['BTC/USD'], urls: { socket: 'ws://127.0.0.1:9' }, backOff: { first: '5ms', most: '5ms' },
  instruments: [instrument('BTC/USD', { venue: 'kraken', tickSize: '0.1', lotSize: '0.1' })],
})
`
  const folder = projectFolder({ 'c.yaml': text('[./own.ts#gone]'), 'own.ts': own })
  const { code, out } = await tapeloom(['record', join(folder, 'c.yaml'), '--out', join(folder, 'out'), '--for', '50ms', '--json'])
  expect({ code, out: JSON.parse(out) as unknown }).toEqual({ code: 0, out: [] })
})

test('a capture is whole when it is closed, and one that cannot be written says so', async () => {
  const folder = projectFolder({})
  const failures: string[] = []
  const file = new CaptureFile(join(folder, 'a.jsonl.gz'), ({ code }) => failures.push(code))
  const lines = Array.from({ length: 1000 }, (_, i) => JSON.stringify({ t: i % 2 === 0 ? 'recv' : 'send', i }))
  for (const line of lines) file.write(line)
  await file.close()
  expect(gunzipSync(readFileSync(file.path)).toString()).toBe(`${lines.join('\n')}\n`)
  expect(file.messages).toBe(500)
  mkdirSync(join(folder, 'sub'))
  writeFileSync(join(folder, 'sub/there'), '')
  const taken = new CaptureFile(join(folder, 'sub/there'), ({ code }) => failures.push(code))
  taken.write('x')
  await taken.close()
  expect(failures).toEqual(['record.write'])
})
