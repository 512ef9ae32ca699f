import type { MessagePort } from 'node:worker_threads'
import { TapeloomError, type Plain, type Tensors } from '@tapeloom/core'
import { TrainingSession, type TrainingPlan } from './training-session.ts'

/** What a trainer asks of the worker. */
export type TrainingRequest =
  | { readonly kind: 'open'; readonly plan: TrainingPlan }
  | { readonly kind: 'step'; readonly tensors: Tensors }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'restore'; readonly state: Plain }
  | { readonly kind: 'close' }
export interface TrainingMessage {
  readonly id: number
  readonly trainer: number
  readonly request: TrainingRequest
}
/** The answer to the message `id`; an error as its code and text, since classes do not survive posting. */
export type TrainingReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } }

const FAILURE = 'models.training'

/**
 * Answers training requests on `port`. Requests of one trainer run one after another, in the order in which they came;
 * a failed one is answered with its error and the next one runs.
 */
export function serveTraining(port: MessagePort): void {
  const service = new TrainingService()
  const queues = new Map<number, Promise<void>>()
  port.on('message', ({ id, trainer, request }: TrainingMessage) => {
    const run = async (): Promise<void> => {
      try {
        const value = await service.handle(trainer, request)
        port.postMessage({ id, value } satisfies TrainingReply, handedOver(value))
      } catch (cause) {
        const code = cause instanceof TapeloomError ? cause.code : FAILURE
        port.postMessage({ id, error: { code, message: (cause as Error).message } } satisfies TrainingReply)
      }
      if (request.kind === 'close') queues.delete(trainer)
    }
    queues.set(trainer, (queues.get(trainer) ?? Promise.resolve()).then(run))
  })
}

class TrainingService {
  readonly #sessions = new Map<number, TrainingSession>()

  async handle(trainer: number, request: TrainingRequest): Promise<unknown> {
    if (request.kind === 'open') {
      this.#sessions.set(trainer, await TrainingSession.open(request.plan))
      return undefined
    }
    const session = this.#sessions.get(trainer)
    if (!session) throw new TapeloomError('models.closed', '[models] the trainer is closed. Open the network again.')
    switch (request.kind) {
      case 'step':
        return session.step(request.tensors)
      case 'snapshot':
        return session.snapshot()
      case 'restore':
        return session.restore(request.state)
      case 'close':
        this.#sessions.delete(trainer)
        return session.close()
    }
  }
}

/** Buffers that the reply may hand over: copies that nobody else holds. */
const handedOver = (value: unknown): ArrayBuffer[] =>
  Object.values(value ?? {}).flatMap((part) => (part instanceof Float32Array ? [part.buffer as ArrayBuffer] : []))
