import { baseline, durationUs, timeframeUs, type Decision, type EventOf, type MarketSymbol, type Orchestrator, type Prediction } from '@tapeloom/core'
import type { Span } from '../split/label-interval.ts'
import type { Observation, ObservedFill, ObservedOutcome } from './observation.ts'

/** An open is taken for the price at an order that arrives within this share of the candle after it. */
const AT_THE_OPEN = 0.01

type Draft = { -readonly [K in keyof Observation]: Observation[K] } & { readonly due: number; readonly judged: string }
type PriceKind = 'candle' | 'trade' | 'book'
const RANK: Readonly<Record<PriceKind, number>> = { candle: 0, trade: 1, book: 2 }

/** How orders are filled. */
export interface FillRules {
  /** From the decision to the order's arrival, µs. */
  readonly latencyUs: number
  /** Where candles alone are fed: fill at the next close, or at the open of the candle in which the order arrives. */
  readonly candles: 'next' | 'open'
}

/**
 * Watches an orchestrator and notes each boundary of a span at which something was forecast. Orders are filled by the
 * finest prices a symbol has: its book's best quotes, else its trades, else the closes of its candles.
 */
export class DecisionRecorder {
  readonly #span: Span
  readonly #rules: FillRules
  readonly #drafts = new Map<string, Draft>()
  /** Prediction id → observations it is judged by. */
  readonly #judged = new Map<string, Draft>()
  readonly #waiting = new Map<MarketSymbol, Draft[]>()
  readonly #kinds = new Map<MarketSymbol, { kind: PriceKind; venue: string }>()
  readonly #sides = new Map<MarketSymbol, number>()
  readonly #tainted = new Set<MarketSymbol>()
  readonly #stops: readonly (() => void)[]

  constructor(orchestrator: Orchestrator, span: Span, rules: FillRules) {
    this.#span = span
    this.#rules = rules
    this.#stops = [
      orchestrator.on('decision', (decision) => this.#decision(decision)),
      orchestrator.on('prediction:resolved', (resolved) => this.#resolved(resolved)),
      orchestrator.on('candle:close', (candle) => this.#candle(candle)),
      orchestrator.on('trade', ({ symbol, venue, price, tsInit }) => this.#priced(symbol, 'trade', venue, price, price, tsInit)),
      orchestrator.on('book', (book) => {
        const { symbol, venue, status, bestBid, bestAsk, tsInit } = book
        if (status === 'live' && bestBid > 0 && bestAsk >= bestBid) this.#priced(symbol, 'book', venue, bestAsk, bestBid, tsInit)
      }),
    ]
  }

  /** All observations, in order of time; nothing is noted afterwards. */
  finish(): readonly Observation[] {
    for (const stop of this.#stops) stop()
    return [...this.#drafts.values()].map(({ due: _, judged: __, ...observation }) => observation)
  }

  #decision(decision: Decision & { readonly tsInit: number }): void {
    const { symbol, asOf, tsInit: decidedAt, price, probabilities, predictions } = decision
    const side = sideAfter(decision.reason, this.#sides.get(symbol) ?? 0)
    this.#sides.set(symbol, side)
    const fresh = predictions.filter((prediction) => prediction.asOf === asOf)
    if (asOf < this.#span.from || asOf >= this.#span.to || fresh.length === 0) return
    const own = fresh.filter(({ module }) => module !== baseline.name) // it stands beside, and has a horizon of its own
    const judged = (own.length > 0 ? own : fresh).reduce((a, b) => (horizonOf(b) > horizonOf(a) ? b : a))
    const key = `${symbol}|${asOf}`
    const before = this.#drafts.get(key)
    const draft: Draft = {
      symbol, asOf, decidedAt, horizonUs: horizonOf(judged), price, side, probabilities,
      predictions: Object.fromEntries(fresh.map(({ module, probabilities: own }) => [module, own])),
      isTainted: this.#tainted.has(symbol), fill: undefined, outcome: before?.judged === judged.id ? before.outcome : undefined,
      due: decidedAt + this.#rules.latencyUs, judged: judged.id,
    }
    const waiting = this.#waiting.get(symbol) ?? []
    this.#waiting.set(symbol, [...waiting.filter((other) => other !== before), draft])
    this.#drafts.set(key, draft)
    this.#judged.set(judged.id, draft)
  }

  #resolved({ prediction, realised, bps }: ObservedOutcome & { readonly prediction: string }): void {
    const draft = this.#judged.get(prediction)
    if (!draft) return
    draft.outcome = { realised, bps }
    this.#judged.delete(prediction)
  }

  #candle({ symbol, timeframe, venue, openTime, open, close, tsInit, taint }: EventOf<'candle:close'>): void {
    if (taint.some((reason) => reason !== 'empty')) this.#tainted.add(symbol)
    else this.#tainted.delete(symbol)
    if (this.#rules.candles === 'open' && this.#isFinest(symbol, 'candle', venue)) {
      const until = openTime + AT_THE_OPEN * timeframeUs(timeframe)
      this.#fill(symbol, (due) => due >= openTime && due < until, (due) => ({ buyPrice: open, sellPrice: open, at: openTime, waitUs: openTime - due }))
    }
    this.#priced(symbol, 'candle', venue, close, close, tsInit)
  }

  #priced(symbol: MarketSymbol, kind: PriceKind, venue: string, buyPrice: number, sellPrice: number, at: number): void {
    if (!this.#isFinest(symbol, kind, venue)) return
    this.#fill(symbol, (due) => due <= at, (due) => ({ buyPrice, sellPrice, at, waitUs: at - due }))
  }

  /** Whether a symbol has no finer prices than these; the first venue of the finest kind counts. */
  #isFinest(symbol: MarketSymbol, kind: PriceKind, venue: string): boolean {
    const known = this.#kinds.get(symbol)
    if (!known || RANK[kind] > RANK[known.kind]) {
      this.#kinds.set(symbol, { kind, venue })
      return true
    }
    return known.kind === kind && known.venue === venue
  }

  #fill(symbol: MarketSymbol, isFilled: (due: number) => boolean, fill: (due: number) => ObservedFill): void {
    const waiting = this.#waiting.get(symbol)
    if (!waiting?.some(({ due }) => isFilled(due))) return
    for (const draft of waiting) if (isFilled(draft.due)) draft.fill = fill(draft.due)
    this.#waiting.set(symbol, waiting.filter(({ due }) => !isFilled(due)))
  }
}

const horizonOf = ({ horizon }: Prediction): number => durationUs(horizon)

/** The position after a decision. */
function sideAfter(reason: string, before: number): number {
  if (reason === 'open-long' || reason === 'reverse-to-long') return 1
  if (reason === 'open-short' || reason === 'reverse-to-short') return -1
  return reason === 'close-long' || reason === 'close-short' ? 0 : before
}
