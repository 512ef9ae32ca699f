import { parentPort } from 'node:worker_threads'
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

const sessions = new Map<number, TrainingSession>()
/** The tail of each model's queue: its requests run one after another, in the order in which they came. */
const queues = new Map<number, Promise<void>>()

async function handle(trainer: number, request: TrainingRequest): Promise<unknown> {
  if (request.kind === 'open') {
    sessions.set(trainer, await TrainingSession.open(request.plan))
    return undefined
  }
  const session = sessions.get(trainer)
  if (!session) throw new TapeloomError('models.closed', '[models] the trainer is closed. Open the network again.')
  switch (request.kind) {
    case 'step': return session.step(request.tensors)
    case 'snapshot': return session.snapshot()
    case 'restore': return session.restore(request.state)
    case 'close':
      sessions.delete(trainer)
      return session.close()
  }
}

/** Buffers that the reply may hand over: copies that nobody else holds. */
const handedOver = (value: unknown): ArrayBuffer[] =>
  Object.values(value ?? {}).flatMap((part) => (part instanceof Float32Array ? [part.buffer as ArrayBuffer] : []))

parentPort?.on('message', ({ id, trainer, request }: TrainingMessage) => {
  const run = async (): Promise<void> => {
    try {
      const value = await handle(trainer, request)
      parentPort?.postMessage({ id, value } satisfies TrainingReply, handedOver(value))
    } catch (cause) {
      const code = cause instanceof TapeloomError ? cause.code : 'models.training'
      parentPort?.postMessage({ id, error: { code, message: (cause as Error).message } } satisfies TrainingReply)
    }
  }
  const tail = (queues.get(trainer) ?? Promise.resolve()).then(run)
  queues.set(trainer, tail)
  if (request.kind === 'close') void tail.then(() => queues.delete(trainer))
})
