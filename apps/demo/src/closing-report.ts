import type { ModelPerformance, RunReport } from '@tapeloom/core'
import type { Verification } from '@tapeloom/training'
import type { UnseenScore } from './unseen-score.ts'

export interface ReportParts {
  readonly report: RunReport
  readonly verification: Verification
  readonly performance: readonly ModelPerformance[]
  readonly unseen: UnseenScore
  readonly seconds: number
}

const whole = (value: number) => value.toLocaleString('en-US')
const percent = (value: number) => `${(100 * value).toFixed(1)} %`

/** The closing report: what was computed, learnt and checked. Hit rates are before costs. */
export function closingReport({ report, verification, performance, unseen, seconds }: ReportParts): string {
  const { events, decisions, references, journalHash, participants } = report
  const inputs = events.trade + events.book + events.candle
  const trained = (participants['training']?.['training'] ?? []) as readonly { model: string; steps: number; loss: readonly [number, number] }[]
  const rows: (readonly [string, string])[] = [
    ['events', `${whole(inputs)} (${whole(events.trade)} trades, ${whole(events.book)} book updates, ${whole(events.candle)} candles), ${whole(Math.round(inputs / seconds))} a second`],
    ['decisions', whole(decisions)],
    ['references', `${whole(references.registered)} registered, ${whole(references.trained)} trained, ${whole(references.expired)} expired, ${whole(references.failed)} failed, ${whole(references.open)} open`],
    ...trained.map(({ model, steps, loss }) => [`training ${model}`, `${whole(steps)} steps, loss ${loss[0].toFixed(3)} to ${loss[1].toFixed(3)}`] as const),
    ...performance.map(({ model, symbol, n, hitRate }) => [`all calls ${model}`, `${symbol} ${hitRate === null ? '–' : percent(hitRate)} of ${whole(n)}, the untrained ones included`] as const),
    ['unseen candles', `${percent(unseen.hitRate)} of ${whole(unseen.calls)} calls right (95 %: ${unseen.interval.map(percent).join(' to ')}); chance 50 %, best possible 60 %`],
    ['verified', `${whole(verification.verified)} of ${whole(verification.references)} stored references rebuilt with equal hash, ${whole(verification.mismatched)} mismatched`],
    ['journal hash', journalHash],
    ['time, memory', `${seconds.toFixed(1)} s, ${whole(Math.round(process.resourceUsage().maxRSS / 1024))} MB at most`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n')
}
