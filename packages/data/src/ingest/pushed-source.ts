import { TapeloomError, type Instrument, type MarketInput, type Source } from '@tapeloom/core'

/**
 * The source behind `DataProvider.ingest`: what is pushed comes out in that order. It stays open while the run is live;
 * in a replay it ends when it is empty.
 */
export class PushedSource implements Source {
  readonly name = 'ingest'
  readonly instruments: Instrument[] = []
  /** Whether it waits for more. Set by the provider before the run. */
  live = false
  readonly #others: readonly Source[]
  readonly #priceVenue: Readonly<Record<string, string>>
  #waiting: MarketInput[] = []
  #count = 0
  #wake: (() => void) | undefined
  #ended = false

  /** @param others the sources whose instruments it takes too, each on its price venue */
  constructor(instruments: readonly Instrument[], others: readonly Source[], priceVenue: Readonly<Record<string, string>>) {
    this.instruments.push(...instruments)
    this.#others = others
    this.#priceVenue = priceVenue
  }

  /** Takes the instruments of the other sources, which are prepared before. */
  prepare(): Promise<void> {
    for (const one of this.#others.flatMap(({ instruments }) => instruments)) {
      const isPricing = (this.#priceVenue[one.symbol] ?? one.venue) === one.venue
      if (isPricing && !this.instruments.some(({ symbol }) => symbol === one.symbol)) this.instruments.push(one)
    }
    return Promise.resolve()
  }

  /**
   * Queues inputs; each gets the next source sequence where it has none.
   * @throws TapeloomError `data.ended` when nobody will take them
   */
  push(inputs: readonly MarketInput[]): void {
    if (this.#ended) throw new TapeloomError('data.ended', "[data ingest] the sources have ended, and with them this one. Ingest before or during the run, or give the orchestrator mode: 'live'.")
    for (const input of inputs) this.#waiting.push(input)
    this.#wake?.()
    this.#wake = undefined
  }

  async *events({ after = 0, signal }: { readonly after: number | undefined; readonly signal: AbortSignal }): AsyncGenerator<readonly MarketInput[]> {
    this.#count = Math.max(this.#count, after)
    signal.addEventListener('abort', () => this.#wake?.())
    while (!signal.aborted) {
      const inputs = this.#waiting
      this.#waiting = []
      if (inputs.length > 0) yield this.#numbered(inputs, after)
      else if (!this.live) {
        this.#ended = true
        return
      }
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #numbered(inputs: readonly MarketInput[], after: number): readonly MarketInput[] {
    return inputs.flatMap((input) => {
      const { sourceSequence = this.#count + 1 } = input
      if (sourceSequence <= after) return []
      this.#count = sourceSequence
      return [{ ...input, sourceSequence }]
    })
  }
}
