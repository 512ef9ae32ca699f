import { cpus } from 'node:os'
import { contentHash } from '../src/reference/content-hash.ts'
import { extrasOf } from '../src/reference/frame-tensors.ts'
import { fixtureFrame, fixtureInputs, fixtureTensors } from '../src/frame.fixture.ts'
import { ReferenceTable } from '../src/reference/reference-table.ts'
import { TextPool } from '../src/reference/text-pool.ts'

// Prints, as JSON, the CPU time to register a reference of five lanes and a position, to find those of a close, and to
// hash what was fed; with 1,000, 100,000 and 1,000,000 references open. Medians of 9 rounds of 1,000. And how much smaller
// a reference is than copies of the windows behind it: five of 600 candles, as float64.
const [ROUNDS, EACH] = [9, 1000]
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

function cpuNs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1e3) / EACH
}

function measure(open: number) {
  const inputs = fixtureInputs(4)
  const family = { stream: 'local', model: 'scout', schemaHash: 'feed', symbol: 'BTC/USDT', inputs } as const
  const table = new ReferenceTable(family, new TextPool())
  const tensors = fixtureTensors(inputs, 1)
  const hash = contentHash('feed', tensors)
  const frames = Array.from({ length: EACH }, (_, i) => fixtureFrame({ sequence: i }, inputs))
  const push = (sequence: number): void => {
    const { frame, prediction } = frames[sequence % EACH]!
    const target = { ...frame.target, openTime: sequence * 60e6 }
    const own = { ...prediction, id: `scout|BTC/USDT|${sequence}|1m` }
    table.push({ ...frame, sequence, asOf: sequence * 60e6, target }, own, hash, extrasOf(inputs, tensors))
  }
  let next = 1
  while (table.length < open) push(next++)
  const times = Array.from({ length: ROUNDS }, () => ({
    register: cpuNs(() => {
      for (let i = 0; i < EACH; i++) push(next++)
    }),
    match: cpuNs(() => {
      for (let i = 0; i < EACH; i++) {
        const row = table.unsettled
        if (table.targetOpen(row) === table.asOf(row)) table.setSettled(row)
        table.setState(row, 'matched', '')
        table.shift()
      }
    }),
    hash: cpuNs(() => {
      for (let i = 0; i < EACH; i++) contentHash('feed', tensors)
    }),
  }))
  const of = (name: 'register' | 'match' | 'hash'): number => Math.round(median(times.map((time) => time[name])))
  const megabytes = Math.round(table.bytes / 1e6)
  return { open, megabytes, registerNs: of('register'), matchNs: of('match'), hashNs: of('hash'), bytes: Math.round(table.bytes / table.length) }
}

/** Bytes of a reference to five windows of 600 candles, and of copies of them, both as allocated. */
function copied() {
  const inputs = fixtureInputs(5)
  const table = new ReferenceTable({ stream: 'local', model: 'scout', schemaHash: 'feed', symbol: 'BTC/USDT', inputs }, new TextPool())
  const tensors = fixtureTensors(inputs, 1)
  const hash = contentHash('feed', tensors)
  const copies = Array.from({ length: EACH }, (_, i) => Array.from({ length: 5 }, () => new Float64Array(600 * 5).fill(i)))
  const bytes = copies.flat().reduce((sum, { byteLength }) => sum + byteLength, 0) / copies.length
  for (let i = 0; i < 100 * EACH; i++) {
    const { frame, prediction } = fixtureFrame({ sequence: i }, inputs)
    table.push(frame, prediction, hash, extrasOf(inputs, tensors))
  }
  const reference = table.bytes / table.length
  return { copyBytes: Math.round(bytes), referenceBytes: Math.round(reference), ratio: reference / bytes }
}

const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version }
console.log(JSON.stringify({ machine, references: [measure(1000), measure(100_000), measure(1_000_000)], copied: copied() }, null, 2))
