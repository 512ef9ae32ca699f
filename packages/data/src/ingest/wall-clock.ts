/** Now, µs since 1970: the time of receipt of a live source that gives none. Goes into the journal, so that a replay has it. */
export const receivedAt = (): number => Date.now() * 1000

/** Milliseconds for the bound on how long a record waits to be written: changes when, never what. */
export const elapsedMs = (): number => performance.now()

/** Settles after `ms`, or when the signal aborts. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
