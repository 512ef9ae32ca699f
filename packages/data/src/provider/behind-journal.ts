import { TapeloomError } from '@tapeloom/core'

/**
 * What to say of a store that could not be written: its rows can be made again of the journal, so the run goes on.
 * Undefined when it was the journal, which is written before the store.
 */
export function storeBehind(failure: unknown): TapeloomError | undefined {
  if (failure instanceof TapeloomError && failure.code.startsWith('journal.')) return undefined
  const said = failure instanceof TapeloomError ? failure.message : `[store] writing failed: ${String(failure)}.`
  const todo = 'Nothing more is written there; the journal goes on. Make room, then start again: what is missing is written.'
  return new TapeloomError('store.behind', `${said} ${todo}`, { cause: failure })
}

/** What to say of a snapshot that could not be kept beside the journal, which has everything; the journal's own error stays. */
export function snapshotBehind(folder: string | undefined, cause: unknown): TapeloomError {
  if (cause instanceof TapeloomError) throw cause
  const what = `no snapshot could be kept: ${(cause as Error).message}`
  const todo = 'Make room: until one is kept, a start runs more of the journal again.'
  return new TapeloomError('journal.snapshot', `[journal ${folder}] ${what}. ${todo}`, { cause })
}
