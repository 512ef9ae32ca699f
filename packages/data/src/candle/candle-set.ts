import { timeframeUs, type Timeframe } from '@tapeloom/core'
import { FormingCandle } from './forming-candle.ts'

/**
 * The series of one market and what makes each: the venue's own candles where they come in, else the longest finer
 * series that divides it, else trades.
 */
export class CandleSet {
  /** Finest first. */
  readonly all: FormingCandle[] = []
  readonly #wanted: readonly Timeframe[]
  #traded = false

  /** @param wanted shortest first */
  constructor(wanted: readonly Timeframe[]) {
    this.#wanted = wanted
  }

  /** Whether trades come in. */
  get traded(): boolean {
    return this.#traded
  }
  /** The finest series that the venue delivers. */
  get finestDelivered(): FormingCandle | undefined {
    return this.all.find(({ origin }) => origin === 'venue')
  }
  /** Timeframes that are wanted and that nothing makes. */
  get unmade(): readonly Timeframe[] {
    return this.#wanted.filter((timeframe) => !this.find(timeframe))
  }

  find(timeframe: Timeframe): FormingCandle | undefined {
    for (let i = 0; i < this.all.length; i++) if (this.all[i]!.timeframe === timeframe) return this.all[i]
    return undefined
  }

  /** Trades come in from now on. */
  expectTrades(): void {
    this.#traded = true
    this.#fill()
  }

  /** The series of the venue's own candles of this length; one made otherwise before is taken over. */
  delivered(timeframe: Timeframe): FormingCandle {
    const known = this.find(timeframe)
    if (known?.origin === 'venue') return known
    if (known) {
      known.origin = 'venue'
      known.child = undefined
      known.clear()
      return known
    }
    const candle = this.add(new FormingCandle(timeframe, 'venue'))
    this.#fill()
    return candle
  }

  add(candle: FormingCandle): FormingCandle {
    const at = this.all.findIndex(({ lengthUs }) => lengthUs > candle.lengthUs)
    this.all.splice(at < 0 ? this.all.length : at, 0, candle)
    return candle
  }

  /** Replaces everything by what a snapshot says. */
  restore(candles: readonly FormingCandle[], traded: boolean): void {
    this.all.splice(0, this.all.length, ...candles)
    this.#traded = traded
  }

  /** Adds the wanted series that can be made now; those that already are stay as they are. */
  #fill(): void {
    for (const timeframe of this.unmade) {
      const lengthUs = timeframeUs(timeframe)
      const child = this.all.findLast((one) => one.lengthUs < lengthUs && lengthUs % one.lengthUs === 0)
      if (child) this.add(new FormingCandle(timeframe, 'rolled', child))
      else if (this.#traded) this.add(new FormingCandle(timeframe, 'trades'))
    }
  }
}
