import { Worker } from 'node:worker_threads'
import { TapeloomError } from '@tapeloom/core'
import type { OwnerCall, OwnerCalls, OwnerRequest, OwnerResponse } from './owner-messages.ts'

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/** The owner thread as seen from the thread that uses the store. It keeps a program alive only while it works. */
export class OwnerClient {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  #ended: Error | undefined

  constructor() {
    // In the sources the worker is TypeScript, in the package JavaScript.
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#worker = new Worker(new URL(`./owner-worker.${ending}`, import.meta.url), { name: 'tapeloom-store' })
    this.#worker.unref()
    this.#worker.on('message', (response: OwnerResponse) => this.#settle(response))
    this.#worker.on('error', (cause) => this.#end(cause))
    this.#worker.on('exit', (code) => this.#end(new Error(`it ended with code ${code}`)))
  }

  /** @throws TapeloomError whatever the owner threw; `store.thread` when the thread has ended */
  call<C extends OwnerCall>(call: C, argument: OwnerCalls[C]['argument'], transfer: ArrayBuffer[] = []): Promise<OwnerCalls[C]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(threadError(this.#ended))
      const id = this.#next++
      this.#waiting.set(id, { resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage({ id, call, argument } as OwnerRequest, transfer)
    })
  }

  /** Ends the thread; calls under way fail. */
  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(response: OwnerResponse): void {
    const waiting = this.#waiting.get(response.id)
    this.#waiting.delete(response.id)
    if (this.#waiting.size === 0) this.#worker.unref()
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
  new TapeloomError('store.thread', `[store-duckdb] the owner thread has ended: ${cause.message}. Open the store again.`, { cause })
