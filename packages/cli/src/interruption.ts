/** Ends something when the user asks for it (Ctrl-C) or the system does. */
export interface Interruption {
  readonly signal: AbortSignal
  /** Gives the signals back. */
  stop(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Aborts at the first signal, so that a run can end between two inputs; a second one ends the program. */
export function onInterrupt(told: () => void): Interruption {
  const controller = new AbortController()
  const take = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143)
    controller.abort()
    told()
  }
  for (const signal of SIGNALS) process.on(signal, take)
  return { signal: controller.signal, stop: () => SIGNALS.forEach((signal) => process.off(signal, take)) }
}
