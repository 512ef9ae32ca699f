import {
  type BookView, type Candle, type DataHost, type EventName, type EventOf, type EventStamp, type RunManifest, type Timeframe, type TradeView,
} from '@tapeloom/core'

/** A host that writes down what it is told, one line each, and does nothing else. */
export class RecordedHost implements DataHost {
  readonly timeframes: readonly Timeframe[]
  readonly boundaryUs: number | undefined
  readonly mode: 'lockstep' | 'live'
  due = Infinity
  readonly lines: string[] = []
  readonly candles: (Candle & EventStamp)[] = []
  /** Sequence of the input under way, and whether one is. */
  sequence = 0
  inside = false
  /** Candles are kept, but nothing is written down. */
  readonly #quiet: boolean
  readonly #listeners = new Map<string, ((event: never) => void)[]>()
  #stamp = { sequence: 0, tsEvent: 0, tsInit: 0 }

  constructor(options: { timeframes?: readonly Timeframe[]; boundaryUs?: number; mode?: 'lockstep' | 'live'; quiet?: boolean } = {}) {
    this.#quiet = options.quiet ?? false
    this.timeframes = options.timeframes ?? []
    this.boundaryUs = options.boundaryUs
    this.mode = options.mode ?? 'lockstep'
  }

  begin(sequence: number, tsEvent: number, tsInit: number): void {
    if (this.inside) throw new Error(`input ${sequence} begins within ${this.sequence}`)
    if (sequence !== this.sequence + 1) throw new Error(`input ${sequence} follows ${this.sequence}`)
    this.sequence = sequence
    this.inside = true
    this.#stamp = { sequence, tsEvent, tsInit }
    if (!this.#quiet) this.lines.push(`begin ${sequence} ${tsEvent} ${tsInit}`)
  }
  trade(symbolIndex: number, view: TradeView): void {
    if (!this.#quiet) this.lines.push(`trade ${symbolIndex} ${view.venue} ${view.sequence} ${view.price} ${view.quantity} ${view.aggressor} ${view.id}`)
  }
  book(symbolIndex: number, view: BookView): void {
    this.lines.push(`book ${symbolIndex} ${view.sequence} ${view.kind} ${view.status} ${view.bestBid} ${view.bestAsk} ${view.changes}`)
  }
  candle(symbolIndex: number, candle: Candle & EventStamp): void {
    const { timeframe, openTime, open, high, low, close, volume, trades, taint } = candle
    this.candles.push(candle)
    if (!this.#quiet) this.lines.push(`candle ${symbolIndex} ${timeframe} ${openTime} ${open} ${high} ${low} ${close} ${volume} ${trades} [${taint.join()}]`)
    this.#tell('candle:close', candle)
  }
  boundary(symbolIndex: number, time: number): void {
    if (!this.#quiet) this.lines.push(`boundary ${symbolIndex} ${time}`)
  }
  reject(source: string, code: string, message: string): void {
    this.lines.push(`reject ${source} ${code} ${message}`)
    this.emit('data:reject', { source, code, message, symbol: 'BTC/USDT', origin: source, ...this.#stamp })
  }
  /** An input is over: the feed's, or one that the test appended. */
  end(): void {
    this.inside = false
  }
  on<K extends EventName>(topic: K, listener: (event: EventOf<K>) => void): () => void {
    const list = this.#listeners.get(topic) ?? []
    this.#listeners.set(topic, [...list, listener as (event: never) => void])
    return () => this.#listeners.set(topic, (this.#listeners.get(topic) ?? []).filter((one) => one !== listener))
  }

  /** Tells the listeners of a topic, as an orchestrator would. */
  emit<K extends EventName>(topic: K, event: EventOf<K>): void {
    this.#tell(topic, event)
  }

  #tell(topic: string, event: object): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(event as never)
  }
}

export const manifest = (seed = 1): RunManifest => ({ seed, plan: { modules: [] }, fingerprint: 'test' })
