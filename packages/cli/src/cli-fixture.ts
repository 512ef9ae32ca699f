import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openDuckDB } from '@tapeloom/store-duckdb'
import { onTestFinished } from 'vitest'
import { runCli } from './run-cli.ts'
import type { TextStream } from './terminal.ts'

const packages = resolve(import.meta.dirname, '../..')
const main = join(import.meta.dirname, 'main.ts')

/** For tests: a folder with these files, in which all packages of this repository are installed. */
export function projectFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tapeloom-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'node_modules/@tapeloom'), { recursive: true })
  const home = join(folder, 'node_modules/@tapeloom')
  for (const name of readdirSync(packages).toSorted()) symlinkSync(join(packages, name), join(home, name), 'junction')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** What a command wrote and how it ended. */
export interface Ending {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

class Recorder implements TextStream {
  text = ''
  readonly isTTY: boolean
  readonly columns = 80
  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }
  write(text: string): void {
    this.text += text
  }
}

/** Runs a command in this process. */
export async function tapeloom(
  args: readonly string[],
  { isTTY = false, env = {} }: { readonly isTTY?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ending> {
  const [stdout, stderr] = [new Recorder(isTTY), new Recorder(isTTY)]
  const code = await runCli(args, { stdout, stderr, env })
  return { code, out: stdout.text, err: stderr.text }
}

/** Runs the program as a user does. */
export function spawned(args: readonly string[], folder: string): Ending {
  const options = ['--conditions=@tapeloom/source', main, ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { cwd: folder, encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

/** Writes a Parquet file of minute candles from 1970 on; `change` is SQL over `t(ts, open, high, low, close, volume)`. */
export async function candleFile(
  folder: string, name: string, count: number, change = 'select * from t',
): Promise<string> {
  const store = await openDuckDB(join(folder, 'make.duckdb'))
  const price = (i: string) => `(100 + (7 * ${i}) % 13 + ${i} % 5)::double`
  const sql = `
    with p as (select i * 60000000 as ts, ${price('i')} as open, ${price('(i + 1)')} as close, (1.5 + i % 3)::double as volume
               from range(0, ${count}) r(i)),
         t as (select ts, open, greatest(open, close) + 1 as high, least(open, close) - 1 as low, close, volume from p)
    ${change} order by ts`
  await store.exportQuery(sql, join(folder, name))
  await store.close()
  return join(folder, name)
}

/** Writes a gzipped capture of one depth snapshot, an update and trades; `share` of its bytes are kept. */
export function captureFile(folder: string, name: string, share = 1): string {
  const at = (i: number) => `${1_723_161_253_000_000_000n + BigInt(i) * 1_000_000n}`
  const line = (i: number, message: object) => `${at(i)} ${JSON.stringify(message)}`
  const ms = 1_723_161_253_000
  const trade = (i: number) => {
    const price = (60_000 + (i % 7)).toFixed(2)
    const data = { e: 'trade', E: ms + i, s: 'BTCUSDT', t: i, p: price, q: '0.01000000', T: ms + i, m: i % 2 === 0, M: true }
    return line(i, { stream: 'btcusdt@trade', data })
  }
  const update = { e: 'depthUpdate', E: ms + 1, s: 'BTCUSDT', U: 11, u: 12, b: [['59998.00', '3.00000000']], a: [] }
  const lines = [
    line(0, { lastUpdateId: 10, bids: [['59999.00', '1.00000000']], asks: [['60010.00', '2.00000000']] }),
    line(1, { stream: 'btcusdt@depth@100ms', data: update }),
    ...Array.from({ length: 20_000 }, (_, i) => trade(i + 2)),
  ]
  const bytes = gzipSync(`${lines.join('\n')}\n`)
  writeFileSync(join(folder, name), bytes.subarray(0, Math.floor(share * bytes.length)))
  return join(folder, name)
}
