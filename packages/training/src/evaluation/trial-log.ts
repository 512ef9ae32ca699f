import { appendFile, readFile } from 'node:fs/promises'
import type { Trials } from './metrics.ts'

/** One strategy that was tried on a market: its name stands for modules, options and folds. */
export interface Trial {
  readonly name: string
  readonly sharpe: number
}

/** Reads the trials of a log, one JSON object a line; none when there is no file. A strategy tried again counts once, as it last was. */
export async function readTrials(file: string): Promise<readonly Trial[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const byName = new Map<string, Trial>()
  for (const line of text.split('\n')) if (line !== '') byName.set((JSON.parse(line) as Trial).name, JSON.parse(line) as Trial)
  return [...byName.values()]
}

/** Adds a trial to a log: what is tried must be counted, or the best of many looks like skill. */
export async function logTrial(file: string, trial: Trial): Promise<void> {
  await appendFile(file, `${JSON.stringify(trial)}\n`)
}

/** Their number, and the variance of their Sharpe ratios; 0 for one alone. */
export function trialsOf(sharpes: readonly number[]): Trials {
  const count = Math.max(1, sharpes.length)
  if (sharpes.length < 2) return { count, variance: 0 }
  const mean = sharpes.reduce((sum, value) => sum + value, 0) / count
  return { count, variance: sharpes.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (count - 1) }
}
