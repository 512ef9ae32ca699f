import { EventEmitter } from 'node:events'
import { OwnerDesk } from './owner-desk.ts'
import type { OwnerThread } from './owner-client.ts'

/** An owner without a thread of its own, for tests that look inside: messages are copied and handed over as between threads. */
export function sameThread(): OwnerThread {
  const events = new EventEmitter()
  const desk = new OwnerDesk((response, transfer) => {
    const message = structuredClone(response, { transfer })
    setImmediate(() => events.emit('message', message)) // a message takes a turn of the event loop
  })
  return {
    on: (event: string, listener: (value: never) => void) => events.on(event, listener as (value: unknown) => void),
    postMessage: (request, transfer) => void desk.take(structuredClone(request, { transfer })),
    ref: () => undefined,
    unref: () => undefined,
    terminate: () => Promise.resolve(0),
  }
}
