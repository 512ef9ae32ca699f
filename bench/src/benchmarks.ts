import type { Figure } from './measure.ts'

/** A program that prints its figures as JSON; each run of it is a process of its own. */
export interface Benchmark {
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
  /** Arguments of each run; one without any by default. */
  readonly runs?: readonly (readonly string[])[]
  /** Reads the figures out of what a program of another package prints; absent: it prints `figures`. */
  readonly figures?: (printed: never) => readonly Figure[]
}

const contestants = ['tapeloom', 'objects', 'emitter']

interface References {
  readonly references: readonly { readonly open: number; readonly registerNs: number; readonly matchNs: number; readonly bytes: number }[]
  readonly copied: { readonly ratio: number }
}
interface Ingest {
  readonly reads: { readonly ratioCpu: number; readonly ratioWall: number }
}

/** All benchmarks, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  {
    name: 'event-path', file: 'bench/src/event-path/event-path.bench.ts',
    runs: ['1', '20'].flatMap((symbols) => contestants.map((contestant) => [symbols, contestant])),
  },
  { name: 'journal', file: 'bench/src/journal/journal.bench.ts' },
  { name: 'start-up', file: 'bench/src/start-up/start-up.bench.ts' },
  {
    name: 'references', file: 'packages/training/bench/references.bench.ts',
    figures: ({ references, copied }: References) => [...references.flatMap(({ open, registerNs, matchNs, bytes }) => [
      { what: `reference in memory, ${open} open`, measured: bytes, unit: 'B' as const, ...(open >= 100_000 && { target: 400 }) },
      { what: `register a reference, ${open} open`, measured: registerNs, unit: 'ns' as const },
      { what: `match a reference, ${open} open`, measured: matchNs, unit: 'ns' as const },
    ]), { what: 'a reference / float64 copies of its five windows of 600', measured: copied.ratio, unit: '×' as const, target: 1 / 300 }],
  },
  { name: 'frames', file: 'packages/training/bench/frames.bench.ts' },
  { name: 'training-step', file: 'packages/models/bench/step.bench.ts' },
  { name: 'model-soak', file: 'packages/models/bench/soak.bench.ts' },
  {
    name: 'ingest', file: 'packages/store-duckdb/bench/ingest.bench.ts',
    figures: ({ reads }: Ingest) => [
      { what: 'five reads of a store / one prepared union, wall', measured: reads.ratioWall, unit: '×' },
      { what: 'five reads of a store / one prepared union, CPU', measured: reads.ratioCpu, unit: '×' },
    ],
  },
  { name: 'indicators', file: 'packages/indicators/bench/indicators.bench.ts' },
  { name: 'pivots', file: 'packages/module-pivot/bench/pivots.bench.ts' },
  { name: 'market-analysis', file: 'packages/module-market-analysis/bench/candle.bench.ts' },
  { name: 'books', file: 'bench/src/book/books.bench.ts' },
  { name: 'book-bytes', file: 'packages/feeds/bench/book-bytes.bench.ts' },
  // --full: ten million trades.
  { name: 'tape', file: 'packages/store-duckdb/bench/tape.bench.ts' },
  { name: 'execution', file: 'packages/execution/bench/decision-fill.bench.ts' },
  { name: 'order-flow', file: 'packages/module-microstructure/bench/order-flow.bench.ts' },
  { name: 'predictors', file: 'packages/module-cnn/bench/predictors.bench.ts' },
]
