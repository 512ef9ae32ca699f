import { TapeloomError } from '@tapeloom/core'

/** Areas of errors whose cause is what the user gave. */
const INPUT_AREAS = new Set(['cli', 'config', 'module', 'option', 'source', 'feed', 'sim', 'symbol', 'instrument', 'duration'])
/** Single ones of other areas. */
const INPUT_CODES = new Set([
  'journal.manifest', 'journal.behind', 'data.venue', 'data.timeframe', 'model.input', 'orchestrator.thresholds',
  'store.in-use', 'store.newer', 'store.missing', 'store.file', 'store.path', 'store.directory', 'store.candles', 'store.table', 'store.not-empty',
  'store.snapshot', 'store.retention', 'store.memory-limit', 'live.symbols', 'record.folder', 'record.live',
])

/** 2 for bad input, 1 for anything else that went wrong. */
export function exitCodeOf(error: unknown): 1 | 2 {
  if (!(error instanceof TapeloomError)) return 1
  const [area = ''] = error.code.split('.')
  return INPUT_AREAS.has(area) || INPUT_CODES.has(error.code) ? 2 : 1
}

/** An error as it is shown: `[where] what is wrong. What to do.` */
export function describeError(error: unknown): string {
  if (error instanceof TapeloomError) return error.message
  const message = error instanceof Error ? error.message : String(error)
  return `[tapeloom] ${message.replace(/\.?$/, '')}. Run it again with --debug to see where.`
}
