import { createHash } from 'node:crypto'
import { Orchestrator, use, type Plain } from '@tapeloom/core'
import { candleSource, DataProvider } from '@tapeloom/data'
import { openDuckDB } from '@tapeloom/store-duckdb'
import { bar, minutes, walker } from '../src/market.fixture.ts'
import { training } from '../src/training.ts'
import { verifyReferences } from '../src/verify/verify-references.ts'

// A program that trains on two symbols into a database, or goes on with one that was killed. Says each step when it has
// taken effect, and in the end all that must be equal however often it was killed. Arguments: database, minutes.
const [, , file = '', count = '600'] = process.argv
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const sha = (parts: Iterable<string | Uint8Array>): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

const sources = (['BTC/USDT', 'ETH/USDT'] as const).map((symbol, i) => candleSource(symbol, '1m', minutes(Number(count), i)))
const orchestrator = new Orchestrator({
  data: new DataProvider({ sources, store: await openDuckDB(file) }), snapshotEvery: 250,
  modules: [bar, walker(), use(training, { batch: 5, trainLatency: '20m' })], // so that a step is always under way
})
orchestrator.on('training:step', ({ step, loss }) => say(`step ${step} ${loss}`))
const { journalHash, references } = await orchestrator.run()
const { models } = (await orchestrator.participant(training).snapshot()) as unknown as { readonly models: readonly { readonly trainer: Plain }[] }
const { weights } = models[0]!.trainer as unknown as { readonly weights: Float32Array }
const weightsHash = sha([new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)])
await orchestrator.stop()

const store = await openDuckDB(file, { readOnly: true })
/** All rows of a table as text, sorted. */
async function rowsOf(table: string, columns: readonly string[]): Promise<readonly string[]> {
  const { columns: found, length } = await store.read({ table, columns })
  return Array.from({ length }, (_, i) => columns.map((name) => String(found[name]![i])).join(' ')).sort()
}
const outcomes = await rowsOf('training_outcomes', ['ref_id', 'event_id', 'subscriber', 'label', 'weight', 'step', 'loss', 'position', 'state'])
const keys = outcomes.map((row) => row.split(' ').slice(0, 3).join(' '))
const states = await rowsOf('reference_states', ['ref_id', 'state', 'reason'])
const { references: verified, mismatched } = await verifyReferences(store)
await store.close()
say(`end ${JSON.stringify({
  weightsHash, journalHash, references, verified, mismatched, trainings: outcomes.length, twice: keys.length - new Set(keys).size,
  outcomes: sha(outcomes), states: sha(states), steps: new Set(outcomes.map((row) => row.split(' ').at(-4))).size,
})}`)
