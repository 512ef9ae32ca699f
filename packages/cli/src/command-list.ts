import type { Command } from './command.ts'

/** A command by name; its code is loaded when it is called. */
export interface ListedCommand {
  readonly name: string
  readonly usage: string
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** Every command, in the order of the help. */
export const commandList: readonly ListedCommand[] = [
  {
    name: 'run',
    usage: 'run <config> [--seed n] [--environment name]',
    summary: 'Runs a configuration, live or simulated.',
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    name: 'replay',
    usage: 'replay <config> --from <file|dir>… [--db f] [--seed n] [--symbol s] [--venue v] [--timeframe tf] [--environment name]',
    summary: 'Runs a configuration over recorded data; with an existing database it goes on where it was.',
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  {
    name: 'eval',
    usage: 'eval <config> --from <file|dir>… [--folds walk|5|6x2] [--train 7d] [--test 1d] [--embargo 1h] [--fee bps] [--latency 50ms] [--fills next|open] [--trials file] [--seed n] [--symbol s] [--venue v] [--timeframe tf] [--environment name]',
    summary: 'Tests a configuration on recorded data it did not learn from, costs included, beside baselines.',
    load: async () => (await import('./commands/eval.ts')).evaluation,
  },
  {
    name: 'verify',
    usage: 'verify --db f',
    summary: 'Resolves the stored references again and compares their hashes.',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  {
    name: 'export',
    usage: 'export --db f --symbol s --timeframe tf [--venue v] --out x.parquet',
    summary: 'Writes candles to Parquet.',
    load: async () => (await import('./commands/export.ts')).exportCandles,
  },
  {
    name: 'snapshot',
    usage: 'snapshot --db f --out dir',
    summary: 'Copies a database into a new folder of Parquet files, all of one moment.',
    load: async () => (await import('./commands/snapshot.ts')).snapshot,
  },
  {
    name: 'import',
    usage: 'import <parquet|csv|snapshot>… --db f [--symbol s] [--venue v] [--timeframe tf]',
    summary: 'Brings recorded Parquet files, candles in CSV, or the folder of a snapshot, into a new database.',
    load: async () => (await import('./commands/import.ts')).importHistory,
  },
  {
    name: 'record',
    usage: 'record <config> --out dir [--for 1h] [--environment name]',
    summary: 'Saves what the live sources of a configuration are told as captures, until Ctrl-C.',
    load: async () => (await import('./commands/record.ts')).record,
  },
  {
    name: 'feed check',
    usage: 'feed check <capture>…',
    summary: 'Decodes captures, checks sequences and checksums, rebuilds books.',
    load: async () => (await import('./commands/feed-check.ts')).feedCheck,
  },
  {
    name: 'config check',
    usage: 'config check <config> [--environment name]',
    summary: 'Shows the resolved plan, or every mistake with its place.',
    load: async () => (await import('./commands/config-check.ts')).configCheck,
  },
  {
    name: 'modules',
    usage: 'modules',
    summary: 'Lists the installed modules, their features and needs.',
    load: async () => (await import('./commands/modules.ts')).modules,
  },
  {
    name: 'new module',
    usage: 'new module <name>',
    summary: 'Makes a folder with a publishable module, whose conformance test passes.',
    load: async () => (await import('./commands/new-module.ts')).newModule,
  },
  {
    name: 'doctor',
    usage: 'doctor [config] [--db f]',
    summary: 'Checks Node, native libraries, disk and, if given, a configuration and how far a database is behind its journal.',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
]
