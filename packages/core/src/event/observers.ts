import type { Copied, EventName, EventOf } from '../vocabulary/events.ts'

/** An observer outside the order: it gets copies, later, and may be slow, asynchronous or throw. */
export interface Observer {
  /** Events it did not get: replaced by a newer one before delivery. */
  readonly dropped: number
  stop(): void
}

/** A plain copy: of a view its values, of an event itself (it is frozen). */
function copyOf<K extends EventName>(topic: K, event: EventOf<K>): Copied<K> {
  if (topic !== 'trade' && topic !== 'book') return event as unknown as Copied<K>
  const getters = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(event))).filter(([, { get }]) => get)
  return Object.fromEntries(getters.map(([key]) => [key, (event as unknown as Record<string, unknown>)[key]])) as unknown as Copied<K>
}

/**
 * Observes a topic: `lossless` delivers every event, `latest` only the newest when there is time, a symbol at a time.
 * Delivery happens between turns of the event loop, so it never changes what the run computes.
 */
export function observe<K extends EventName>(
  on: (listener: (event: EventOf<K>) => void) => () => void,
  topic: K,
  delivery: 'lossless' | 'latest',
  observer: (event: Copied<K>) => unknown,
  onError: (error: unknown) => void,
): Observer {
  let waiting: Copied<K>[] = []
  let scheduled = false
  let stopped = false
  const state = { dropped: 0, stop: () => { stopped = true; off() } }
  const deliver = async () => {
    while (waiting.length > 0 && !stopped) {
      const batch = waiting
      waiting = []
      for (const event of batch) if (!stopped) await (async () => observer(event))().catch(onError)
    }
    scheduled = false
  }
  const off = on((event) => {
    const same = delivery === 'latest' ? waiting.findIndex((other) => (other as { symbol?: string }).symbol === event.symbol) : -1
    if (same >= 0) {
      waiting[same] = copyOf(topic, event)
      state.dropped++
    } else waiting.push(copyOf(topic, event))
    if (scheduled) return
    scheduled = true
    setImmediate(() => void deliver())
  })
  return state
}
