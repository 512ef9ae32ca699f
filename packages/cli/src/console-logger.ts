import type { Logger } from '@tapeloom/core'
import type { Terminal } from './terminal.ts'

/** Writes what an orchestrator has to say as lines on stderr; `debug` is left out. */
export function consoleLogger(terminal: Terminal): Logger {
  return {
    debug: () => undefined,
    info: (message) => terminal.note(message),
    warn: (message) => terminal.note(terminal.styledNote('yellow', message)),
    error: (message) => terminal.note(terminal.styledNote('red', message)),
  }
}
