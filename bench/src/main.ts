// npm run bench [-- name…]: runs the benchmarks, each in processes of its own; JSON on stdout, a table on stderr.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchmarks, type Benchmark } from './benchmarks.ts'
import { installRivals } from './install-rivals.ts'
import { machine, type Figure } from './measure.ts'
import { table, type Row } from './table.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What a benchmark's own file prints. */
interface Printed {
  readonly figures: readonly Figure[]
}

function run({ file, runs = [[]], figures }: Benchmark): readonly Figure[] {
  return runs.flatMap((parameters) => {
    const flags = ['--expose-gc', '--conditions=@tapeloom/source', '--disable-warning=ExperimentalWarning']
    const text = execFileSync(process.execPath, [...flags, join(root, file), ...parameters], { encoding: 'utf8', maxBuffer: 1 << 26 })
    const printed: unknown = JSON.parse(text)
    return figures ? figures(printed as never) : (printed as Printed).figures
  })
}

/** How the framework does against its rivals, each measured against the fused loop of its own process. */
function againstRivals(rows: readonly Row[]): readonly Row[] {
  const of = (contestant: string, symbols: string) => rows.find(({ what }) => what === `${contestant} / fused loop, ${symbols}`)?.measured
  const targets = [['objects', 0.9], ['emitter', 0.55]] as const
  return ['1 symbol', '20 symbols'].flatMap((symbols) => targets.flatMap(([rival, target]): readonly Row[] => {
    const [own, other] = [of('tapeloom', symbols), of(rival, symbols)]
    return own === undefined || other === undefined ? [] : [{ benchmark: 'event-path', what: `tapeloom / ${rival}, ${symbols}`, measured: own / other, unit: '×', target }]
  }))
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !benchmarks.some((one) => one.name === name))
if (unknown.length > 0) {
  console.error(`[bench] ${unknown.map((name) => `'${name}'`).join(', ')} is no benchmark. There are ${benchmarks.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}
const noRivals = installRivals(root)
if (noRivals) console.error(noRivals)
const rows: Row[] = []
for (const one of benchmarks.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  console.error(`${one.name} …`)
  rows.push(...run(one).map((figure) => ({ benchmark: one.name, ...figure })))
}
rows.push(...againstRivals(rows))
const where = machine()
console.log(JSON.stringify({ machine: where, figures: rows }, null, 2))
console.error(`\n${where.cpu}, ${where.cores} cores, Node ${where.node}, load ${where.load.toFixed(1)}; ratios are of one run\n\n${table(rows)}`)
