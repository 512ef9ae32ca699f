import { Worker } from 'node:worker_threads'
import { TapeloomError } from '@tapeloom/core'
import type { OwnerCall, OwnerCalls, OwnerRequest, OwnerResponse } from './owner-messages.ts'

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/** What a worker thread offers to its client. */
export interface OwnerThread {
  on(event: 'message', listener: (response: OwnerResponse) => void): unknown
  on(event: 'error', listener: (cause: unknown) => void): unknown
  on(event: 'exit', listener: (code: number) => void): unknown
  postMessage(request: OwnerRequest, transfer: ArrayBuffer[]): void
  ref(): void
  unref(): void
  terminate(): Promise<number>
}

/** Flags that say how files are found; their value may be the next argument. */
const FILE_FLAG = /^(--conditions|--import|-C)(=|$)/

/** Starts the thread that owns one database. */
export function startOwnerThread(): OwnerThread {
  // In the sources the worker is TypeScript, in the package JavaScript.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  // Only how files are found is inherited: Node refuses others, as --expose-gc and --input-type, for a worker.
  const execArgv = process.execArgv.filter((one, i, all) => [one, all[i - 1] ?? ''].some((flag) => FILE_FLAG.test(flag) && (flag === one || !flag.includes('='))))
  return new Worker(new URL(`./owner-worker.${ending}`, import.meta.url), { name: 'tapeloom-store', execArgv })
}

/** The owner thread as seen from the thread that uses the store. It keeps a program alive only while it works. */
export class OwnerClient {
  readonly #thread: OwnerThread
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  #ended: Error | undefined

  constructor(thread: OwnerThread) {
    this.#thread = thread
    thread.unref()
    thread.on('message', (response) => this.#settle(response))
    thread.on('error', (cause) => this.#end(cause))
    thread.on('exit', (code) => this.#end(new Error(`it ended with code ${code}`)))
  }

  /** @throws TapeloomError whatever the owner threw; `store.thread` when the thread has ended */
  call<C extends OwnerCall>(call: C, argument: OwnerCalls[C]['argument'], transfer: ArrayBuffer[] = []): Promise<OwnerCalls[C]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(threadError(this.#ended))
      const id = this.#next++
      this.#thread.postMessage({ id, call, argument } as OwnerRequest, transfer) // throws for what cannot be copied
      this.#waiting.set(id, { resolve, reject })
      this.#thread.ref()
    })
  }

  /** Ends the thread; calls under way fail. */
  async stop(): Promise<void> {
    await this.#thread.terminate()
  }

  #settle(response: OwnerResponse): void {
    const waiting = this.#waiting.get(response.id)
    this.#waiting.delete(response.id)
    if (this.#waiting.size === 0) this.#thread.unref()
    if ('error' in response) waiting?.reject(new TapeloomError(response.error.code, response.error.message))
    else waiting?.resolve(response.answer as never)
  }

  #end(cause: unknown): void {
    this.#ended ??= cause instanceof Error ? cause : new Error(String(cause))
    for (const { reject } of this.#waiting.values()) reject(threadError(this.#ended))
    this.#waiting.clear()
  }
}

const threadError = (cause: Error) =>
  new TapeloomError('store.thread', `[store-duckdb] the owner thread has ended: ${cause.message}. Close the store and open it again.`, { cause })
