import { Worker } from 'node:worker_threads'

/** What the watching thread is told. */
export interface WatchdogOrder {
  /** Shared: the sequence at 0, the place of the module that runs at 3 (from 1; 0: none does). */
  readonly stamp: Float64Array
  readonly afterMs: number
  /** Where it is noted who never returned; undefined: nowhere. */
  readonly marker: string | undefined
}

/** Flags that say how files are found; their value may be the next argument. */
const FILE_FLAG = /^(--conditions|--import|-C)(=|$)/

/** A thread that watches whose code runs, and ends the process when it never returns. It keeps no program alive. */
export class Watchdog {
  readonly #thread: Worker

  constructor(order: WatchdogOrder) {
    // In the sources the worker is TypeScript, in the package JavaScript.
    const file = import.meta.url.endsWith('.ts') ? '../watchdog-worker.ts' : './watchdog-worker.js'
    const execArgv = process.execArgv.filter((one, i, all) => FILE_FLAG.test(one) || /^(--conditions|--import|-C)$/.test(all[i - 1] ?? ''))
    this.#thread = new Worker(new URL(file, import.meta.url), { name: 'tapeloom-watchdog', execArgv, workerData: order })
    this.#thread.unref()
    this.#thread.on('error', () => {}) // without it a run goes on, unwatched
  }

  /** Tells the modules that the places stand for. */
  modules(names: readonly string[]): void {
    this.#thread.postMessage([...names])
  }

  async stop(): Promise<void> {
    await this.#thread.terminate()
  }
}
