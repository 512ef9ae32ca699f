/** The wall clock and timers of a live source: they decide when it connects and what time of receipt it writes down. */
export interface LiveClock {
  /** µs since 1970. */
  nowUs(): number
  /** Settles after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

/** The clock of this machine: the one that the host of a live run ticks by. */
export const wallClock: LiveClock = {
  nowUs: () => Date.now() * 1000,
  wait: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done)
      function done(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
    }),
}
