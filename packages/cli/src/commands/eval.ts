import { ConfigurableOrchestrator } from '@tapeloom/config'
import { baseline, durationUs, TapeloomError, type Duration, type Source } from '@tapeloom/core'
import { combinatorialPurged, evaluateRuns, nullMarket, purgedKFold, walkForward, type Folds } from '@tapeloom/training'
import { defineCommand, required, wholeNumber } from '../command.ts'
import { consoleLogger } from '../console-logger.ts'
import { printEvaluation } from '../evaluation-text.ts'
import { recordedFiles } from '../recorded-files.ts'
import { saying, sourcesOf } from './replay.ts'

/** Says what a configuration is worth on recorded data: tests it did not learn from, costs, delay, baselines and checks. */
export const evaluation = defineCommand({
  options: {
    from: { type: 'string', multiple: true },
    folds: { type: 'string' },
    train: { type: 'string' },
    test: { type: 'string' },
    embargo: { type: 'string' },
    fee: { type: 'string' },
    latency: { type: 'string' },
    fills: { type: 'string' },
    trials: { type: 'string' },
    seed: { type: 'string' },
    symbol: { type: 'string' },
    venue: { type: 'string' },
    timeframe: { type: 'string' },
    environment: { type: 'string' },
  },
  positionals: [1, 1],
  async run({ values, positionals: [config = ''], terminal }) {
    const { environment, latency = '50ms', fills = 'next' } = values
    if (fills !== 'next' && fills !== 'open') throw new TapeloomError('cli.option', `[tapeloom] --fills '${fills}' is unknown. Give next or open.`)
    const seed = wholeNumber(values.seed, 'seed') ?? 1
    const takerBps = Number(values.fee ?? '5')
    if (!(takerBps >= 0 && takerBps < 1e4)) throw new TapeloomError('cli.option', `[tapeloom] --fee '${values.fee}' is no fee. Give basis points from 0.`)
    const files = recordedFiles(required(values.from, 'from'))
    for (const file of files.skipped) terminal.note(`passed over: ${file}`)
    let runs = 0
    const open = async (nullSeed?: number): Promise<ConfigurableOrchestrator> => {
      terminal.note(nullSeed === undefined ? `run ${++runs} …` : 'run on the same market with its moves mirrored by a coin …')
      const sources: readonly Source[] = await sourcesOf(files, saying(values))
      const made = nullSeed === undefined ? sources : sources.map((source) => nullMarket(source, nullSeed))
      const orchestrator = await ConfigurableOrchestrator.load(config, {
        sources: made, logger: consoleLogger(terminal), store: 'memory', seed, ...(environment !== undefined && { environment }),
      })
      await withBaseline(orchestrator)
      return orchestrator
    }
    const found = await evaluateRuns({
      open, folds: foldsOf(values), seed, takerBps, rules: { latencyUs: durationUs(latency as Duration), candles: fills },
      name: JSON.stringify([config, values.folds ?? 'walk', values.train ?? '', values.test ?? '', takerBps, latency, fills, seed]),
      ...(values.trials !== undefined && { trialLog: values.trials }),
    })
    printEvaluation(found, terminal)
    terminal.json(found)
    return 0
  },
})

/** The imbalance of the book, beside all others and without a say. */
async function withBaseline(orchestrator: ConfigurableOrchestrator): Promise<void> {
  const names = orchestrator.plan.modules.map(({ id }) => id)
  if (!names.includes('cob') || names.includes(baseline.name)) return
  await orchestrator.initialize()
  await orchestrator.load(baseline)
  await orchestrator.command({ kind: 'weight', model: baseline.name, weight: 0 })
}

type FoldOptions = Readonly<Partial<Record<'folds' | 'train' | 'test' | 'embargo', string>>>

/** Walks forward unless told otherwise; without spans it trains on half of the time and tests an eighth at a step. */
function foldsOf({ folds: kind = 'walk', train, test, embargo }: FoldOptions): Folds {
  const gap = embargo === undefined ? {} : { embargo: embargo as Duration }
  const [, groups, tested] = /^(\d+)(?:x(\d+))?$/.exec(kind) ?? []
  if (groups !== undefined && tested === undefined) return purgedKFold({ folds: Number(groups), ...gap })
  if (groups !== undefined) return combinatorialPurged({ groups: Number(groups), testGroups: Number(tested), ...gap })
  if (kind !== 'walk') throw new TapeloomError('cli.option', `[tapeloom] --folds '${kind}' is unknown. Give walk, a number as 5, or groups as 6x2.`)
  if (train !== undefined && test !== undefined) return walkForward({ train: train as Duration, test: test as Duration, ...gap })
  return {
    kind: 'walk-forward',
    split(samples, lengths) {
      const [first, last] = [samples[0]?.asOf ?? 0, samples.at(-1)?.asOf ?? 0]
      const share = (part: number) => `${Math.ceil((last - first + 1) / part)}us` as Duration
      return walkForward({ train: (train ?? share(2)) as Duration, test: (test ?? share(8)) as Duration, ...gap }).split(samples, lengths)
    },
  }
}
