import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { showProgress } from '@tapeloom/cli'
import { ConfigurableOrchestrator } from '@tapeloom/config'
import { openDuckDB } from '@tapeloom/store-duckdb'
import { verifyReferences } from '@tapeloom/training'
import { closingReport } from './closing-report.ts'
import { keepScore } from './unseen-score.ts'

const config = fileURLToPath(new URL('../tapeloom.yaml', import.meta.url))
const database = fileURLToPath(new URL('../demo.duckdb', import.meta.url))
for (const path of [database, `${database}.wal`, `${database}.journal`]) await rm(path, { recursive: true, force: true })

const started = performance.now()
const orchestrator = await ConfigurableOrchestrator.load(config)
const score = keepScore(orchestrator)
await orchestrator.initialize()
console.log(`The main job: ${orchestrator.plan.modules.map(({ id }) => id).join(', ')} over a simulated market, into ${database}`)
const clear = showProgress(process.stderr, () => orchestrator.progress())
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
const report = await orchestrator.run({ signal: interrupted.signal })
clear()
const seconds = (performance.now() - started) / 1000
const performanceRows = orchestrator.performance()
await orchestrator.stop()

const store = await openDuckDB(database, { readOnly: true })
const verification = await verifyReferences(store)
await store.close()
console.log(closingReport({ report, verification, performance: performanceRows, unseen: score(), seconds }))
if (verification.mismatched > 0) process.exitCode = 1
