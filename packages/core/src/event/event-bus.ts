import { EventEmitter } from 'eventemitter3'
import type { EventName, EventOf } from '../vocabulary/events.ts'
import type { HandlerWatch } from '../host/handler-watch.ts'
import { compileFanOut, type Handler } from './fan-out.ts'

/** A module's subscription to a topic, for one symbol. */
export interface Subscription extends Handler<never> {
  readonly module: string
  /** Says whether it wants this event; absent: every one. */
  readonly wants?: (event: never) => boolean
}
type Dispatch = (event: unknown) => void
interface Queued {
  readonly topic: string
  readonly symbol: number
  readonly event: unknown
}
/** A topic, resolved once. */
export interface Channel {
  readonly topic: string
  /** One a symbol. */
  readonly fanOut: Dispatch[]
  readonly listeners: EventEmitter
  /** Public listeners now attached. */
  listening: number
}

/** What a bus works in. */
export interface BusSurroundings {
  /** Told whose handler threw, and on which symbol's event; listeners have none. */
  onFault(owner: string, error: unknown, symbol?: number): void
  /** Test mode: views are revoked after each dispatch, so that keeping one throws. */
  readonly strict: boolean
  /** Measures handlers, in live runs. */
  watch(): HandlerWatch | undefined
}

/** At most so many events of one module may follow from one external event. */
export const EMIT_LIMIT = 10_000

/**
 * Delivers events: modules first, in plan order, then public listeners. What handlers emit queues, and drains before
 * the next external event. A throw is reported to `onFault` and stops nobody else.
 */
export class EventBus {
  readonly #channels = new Map<string, Channel>()
  readonly #queue: Queued[] = []
  readonly #around: BusSurroundings
  #draining = false
  /** Events a module has emitted since the external event. */
  readonly #emitted = new Map<string, number>()
  /** Set while a dispatch is under way to have the subscriptions connected anew right after it. */
  reconnect: (() => void) | undefined

  constructor(around: BusSurroundings) { this.#around = around }

  /** Replaces all module subscriptions: `of(topic, symbol)` lists them in plan order. Not during a dispatch. */
  connect(topics: Iterable<string>, symbols: number, of: (topic: string, symbol: number) => readonly Subscription[]): void {
    for (const channel of this.#channels.values()) channel.fanOut.length = 0
    for (const topic of topics) {
      const channel = this.channel(topic)
      for (let symbol = 0; symbol < symbols; symbol++) channel.fanOut[symbol] = this.#compile(topic, of(topic, symbol), symbol)
    }
  }

  #compile(topic: string, subscriptions: readonly Subscription[], symbol: number): Dispatch {
    const [watch, rare] = [this.#around.watch(), topic !== 'trade' && topic !== 'book']
    const handlers = subscriptions.map(({ module, call, ctx, wants }): Handler<never> => {
      const asked: typeof call = wants ? (event, own) => { if (wants(event)) call(event, own) } : call
      return { ctx, call: watch?.times && (rare || watch.closely > 0) ? (event, own) => watch.timed(module, () => asked(event, own)) : asked }
    })
    const onThrow = (index: number, error: unknown) => this.#around.onFault(subscriptions[index]?.module ?? 'core', error, symbol)
    const dispatch = compileFanOut(handlers, onThrow, watch && { stamp: watch.stamp, of: subscriptions.map(({ module }) => watch.mark(module)) }) as Dispatch
    if (!this.#around.strict) return dispatch
    return (event) => {
      const { proxy, revoke } = Proxy.revocable(event as object, readThrough)
      dispatch(proxy)
      revoke()
    }
  }

  /** Delivers a view or an event at once. */
  dispatch(topic: EventName, symbol: number, event: unknown): void {
    const channel = this.#channels.get(topic)
    if (channel) this.deliver(channel, symbol, event)
  }

  /** Delivers at once, to a channel that was looked up before: for hot topics. */
  deliver(channel: Channel, symbol: number, event: unknown): void {
    channel.fanOut[symbol]?.(event)
    if (channel.listening > 0) channel.listeners.emit(channel.topic, event)
    if (this.reconnect) this.settle()
  }

  /** Connects anew, when that was asked for during a dispatch. */
  settle(): void {
    const { reconnect } = this
    this.reconnect = undefined
    reconnect?.()
  }

  /** Queues an event; it is delivered by `drain`. @throws Error past EMIT_LIMIT of one module (`by`) */
  emit(topic: string, symbol: number, event: unknown, by?: string): void {
    if (by !== undefined) {
      const emitted = (this.#emitted.get(by) ?? 0) + 1
      this.#emitted.set(by, emitted)
      if (emitted > EMIT_LIMIT) throw new Error(`more than ${EMIT_LIMIT} events followed from one. Emit less, or only on a change.`)
    }
    this.#queue.push({ topic, symbol, event })
  }

  /** Delivers what is queued, and what that emits, first in first out. */
  drain(): void {
    if (this.#queue.length === 0 || this.#draining) return
    this.#draining = true
    for (let i = 0; i < this.#queue.length; i++) {
      const { topic, symbol, event } = this.#queue[i] as Queued
      this.dispatch(topic as EventName, symbol, event)
    }
    this.#queue.length = 0
    this.#draining = false
  }

  /** A new external event: the emit count starts again. */
  begin(): void { if (this.#emitted.size > 0) this.#emitted.clear() }

  /** The external event is over: all that followed from it is delivered, and who has changed is connected. */
  end(): void {
    if (this.#queue.length === 0 && this.reconnect === undefined) return
    this.drain()
    this.settle()
    this.drain()
  }

  /** Adds a public listener; the returned function removes it, after the dispatch under way. */
  on<K extends EventName>(topic: K, listener: (event: EventOf<K>) => void, owner: string): () => void {
    const channel = this.channel(topic)
    const guarded = (event: EventOf<K>) => {
      try {
        listener(event)
      } catch (error) {
        this.#around.onFault(owner, error)
      }
    }
    channel.listeners.on(topic, guarded)
    channel.listening++
    return () => {
      channel.listeners.off(topic, guarded)
      channel.listening = channel.listeners.listenerCount(topic)
    }
  }

  /** The channel of a topic. */
  channel(topic: string): Channel {
    let channel = this.#channels.get(topic)
    if (!channel) this.#channels.set(topic, (channel = { topic, fanOut: [], listeners: new EventEmitter(), listening: 0 }))
    return channel
  }
}

/** Reads getters on the target itself (views keep private fields), and refuses writes. */
const readThrough: ProxyHandler<object> = {
  get: (target, key) => {
    const value: unknown = Reflect.get(target, key, target)
    return typeof value === 'function' ? value.bind(target) : value
  },
  set: (_target, key) => {
    throw new TypeError(`an event is read only: '${String(key)}' cannot be set`)
  },
}
