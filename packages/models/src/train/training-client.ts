import { Worker } from 'node:worker_threads'
import { TapeloomError } from '@tapeloom/core'
import type { TrainingMessage, TrainingReply, TrainingRequest } from './training-service.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(error: TapeloomError): void
}

/** Flags that say how files are found; their value may be the next argument. */
const FILE_FLAG = /^(--conditions|--import|-C)(=|$)/

/**
 * The process's one training worker: started with the first trainer, ended with the last. It keeps the process alive
 * only while a request is open.
 */
export class TrainingClient {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #trainers = 0
  #failure: TapeloomError | undefined

  constructor(file = workerFile()) {
    // Only how files are found is inherited: Node refuses others, as --expose-gc and --input-type, for a worker.
    const execArgv = process.execArgv.filter((one, i, all) =>
      [one, all[i - 1] ?? ''].some((flag) => FILE_FLAG.test(flag) && (flag === one || !flag.includes('='))))
    this.#worker = new Worker(file, { execArgv })
    this.#worker.on('message', (reply: TrainingReply) => this.#settle(reply))
    this.#worker.on('error', (cause) => this.#fail(cause))
    this.#worker.on('exit', () => this.#fail(new Error('the worker ended')))
    this.#worker.unref()
  }

  get usable(): boolean {
    return this.#failure === undefined
  }

  attach(): number {
    this.#trainers++
    return ++this.#lastId
  }

  request(trainer: number, request: TrainingRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure)
      const id = ++this.#lastId
      this.#worker.postMessage({ id, trainer, request } satisfies TrainingMessage) // throws for what cannot be copied
      this.#waiting.set(id, { resolve, reject })
      this.#worker.ref()
    })
  }

  async detach(trainer: number): Promise<void> {
    try {
      if (this.usable) await this.request(trainer, { kind: 'close' })
    } finally {
      if (--this.#trainers === 0) await this.#end()
    }
  }

  async #end(): Promise<void> {
    if (current === this) current = undefined
    ending = this.#worker.terminate()
    await ending
  }

  #settle(reply: TrainingReply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if ('error' in reply) waiting?.reject(new TapeloomError(reply.error.code, reply.error.message))
    else waiting?.resolve(reply.value)
  }

  #fail(cause: unknown): void {
    if (current === this) current = undefined
    this.#failure ??= new TapeloomError(
      'models.worker',
      `[models] the training worker failed: ${(cause as Error).message}. ` +
        'Open the trainer again and restore its last snapshot.',
      { cause },
    )
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
  }
}

/** The sources run as `.ts`, from their folders; the package is built flat. */
const workerFile = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? '../training-worker.ts' : './training-worker.js', import.meta.url)

let current: TrainingClient | undefined
let ending: Promise<unknown> | undefined
/** Registers a trainer with the training worker; one is started if none runs, after the last one has ended. */
export async function attachTrainer(): Promise<{ readonly client: TrainingClient; readonly id: number }> {
  if (!current?.usable) await ending
  if (!current?.usable) current = new TrainingClient()
  return { client: current, id: current.attach() }
}
