import { ConfigurableOrchestrator } from '@tapeloom/config'
import { parseSymbol, timeframeUs, type Source, type Timeframe } from '@tapeloom/core'
import { csvSource, parquetSource, type ParquetOptions } from '@tapeloom/data'
import { checkCandles } from '../candle-check.ts'
import { defineCommand, required, wholeNumber } from '../command.ts'
import { consoleLogger } from '../console-logger.ts'
import { bySource, recordedFiles } from '../recorded-files.ts'
import { runSession } from '../run-session.ts'
import { printSession } from '../session-text.ts'

/** Runs a configuration over recorded files in place of its sources. */
export const replay = defineCommand({
  options: {
    from: { type: 'string', multiple: true },
    db: { type: 'string' },
    seed: { type: 'string' },
    symbol: { type: 'string' },
    venue: { type: 'string' },
    timeframe: { type: 'string' },
    environment: { type: 'string' },
  },
  positionals: [1, 1],
  async run({ values, positionals: [config = ''], terminal }) {
    const { db, environment } = values
    const seed = wholeNumber(values.seed, 'seed')
    const files = recordedFiles(required(values.from, 'from'))
    for (const file of files.skipped) terminal.note(`passed over: ${file}`)
    const sources = await sourcesOf(files, saying(values))
    const orchestrator = await ConfigurableOrchestrator.load(config, {
      sources, logger: consoleLogger(terminal), store: db ?? 'memory',
      ...(seed !== undefined && { seed }),
      ...(environment !== undefined && { environment }),
    })
    for (const warning of orchestrator.plan.warnings) terminal.note(warning)
    const report = await runSession(orchestrator, terminal)
    printSession(report, terminal)
    terminal.json(report)
    if (!report.interrupted) return report.behind ? 1 : 0
    if (orchestrator.plan.store !== 'memory') terminal.note('Run the same command again to go on.')
    return 1
  },
})

/** What the options say of files whose names do not. @throws TapeloomError `symbol.form`, `duration.form` */
export function saying({ symbol, venue, timeframe }: { symbol?: string; venue?: string; timeframe?: string }): ParquetOptions {
  if (timeframe !== undefined) timeframeUs(timeframe as Timeframe)
  return {
    ...(symbol !== undefined && { symbol: parseSymbol(symbol) }),
    ...(venue !== undefined && { venue }),
    ...(timeframe !== undefined && { timeframe: timeframe as Timeframe }),
  }
}

/** The recorded files as sources, one a venue. @throws TapeloomError `source.candle` */
export async function sourcesOf({ parquet, csv, captures }: ReturnType<typeof recordedFiles>, says: ParquetOptions): Promise<readonly Source[]> {
  for (const file of parquet) await checkCandles(file, says)
  const sources = [
    ...bySource(parquet, says.venue).map((files) => parquetSource(...files, says)),
    ...bySource(csv, says.venue).map((files) => csvSource(...files, says)),
  ]
  if (captures.length === 0) return sources
  const { captureSource } = await import('@tapeloom/feeds')
  return [...sources, ...bySource(captures).map((files) => captureSource(...(files as readonly [string, ...string[]])))]
}
