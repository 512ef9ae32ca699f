import type { Plain } from '../module/state.ts'
import type { Decision, Explanation, Gate } from '../vocabulary/decision.ts'
import type { Abstention, Prediction, PredictionResolved, Probabilities } from '../vocabulary/prediction.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import { ModelRegistry } from './model-registry.ts'
import { Performance } from './performance.ts'
import { applyThresholds, type Side, type Thresholds } from './position-rules.ts'
import { PredictionBoard } from './prediction-board.ts'

/** A prediction counts for this many boundaries; a price for two. */
const MAX_AGE = 5
const MAX_PRICE_AGE = 2
/** Decisions that can be explained from the weights and thresholds that made them. */
const EXPLAINABLE = 1024

export type Veto = (decision: Decision) => string | undefined
export interface Rule<F> {
  readonly call: F
  readonly priority: number
}
/** What is known of one symbol when a decision is made. */
export interface Situation {
  readonly symbol: MarketSymbol
  readonly index: number
  readonly asOf: number
  readonly sequence: number
  readonly boundaryUs: number
  readonly price: number
  readonly priceAt: number
  readonly gates: readonly Gate[]
  /** Reasons why predictors gave nothing, newest first: `cold`, or their own. */
  readonly silence: string | undefined
  readonly degraded: boolean
}
/** What the modules provide in place of the defaults. */
export interface Policy {
  combine(predictions: readonly Prediction[], situation: Situation, weights: Readonly<Record<string, number>>): Probabilities | Abstention
  thresholds(situation: Situation): Thresholds
  /** In the order in which they are asked. */
  vetoes(): readonly Rule<Veto>[]
  onFault(owner: string, error: unknown): void
}

/** Decides, once a symbol and boundary and again for each later result: pool, thresholds, gates, vetoes. */
export class DecisionMaker {
  readonly registry = new ModelRegistry()
  readonly performance = new Performance()
  declare readonly boards: readonly PredictionBoard[]
  readonly #policy: Policy
  readonly #sides: Float64Array
  /** The latest decision of a symbol: its boundary and id. */
  readonly #last: { asOf: number; id: string }[]
  /** The newest decisions' grounds, in a ring: explaining is rare, deciding is not. */
  readonly #made: ({ readonly id: string; weights: Readonly<Record<string, number>>; thresholds: Thresholds; situation: Situation } | undefined)[] = []
  count = 0

  constructor(symbols: number, policy: Policy) {
    this.#policy = policy
    this.#sides = new Float64Array(symbols)
    this.#last = Array.from({ length: symbols }, () => ({ asOf: NaN, id: '' }))
    this.boards = this.#last.map(() => new PredictionBoard())
  }

  /** Predictions of a symbol that still count at `now` (µs). */
  predictions(symbol: number, now: number, boundaryUs: number): readonly Prediction[] {
    const latest = this.boards[symbol]?.latest(now - MAX_AGE * boundaryUs) ?? []
    return latest.filter(({ module }) => this.registry.has(module) && this.registry.get(module).inference)
  }

  side(symbol: number): Side { return (this.#sides[symbol] ?? 0) as Side }
  /** Takes over the side that is held, from the module that trades. */
  hold(symbol: number, side: Side): void { this.#sides[symbol] = side }

  decide(situation: Situation): Decision {
    const { index, symbol, asOf, sequence, price, gates } = situation
    const latest = this.predictions(index, asOf, situation.boundaryUs)
    const predictions = latest.map((prediction) => (prediction.version === undefined ? prediction : this.performance.tempered(prediction)))
    const weights = this.registry.weights()
    const thresholds = this.#policy.thresholds(situation)
    const weighty = predictions.filter(({ module }) => (weights[module] ?? 1) > 0)
    const pooled = weighty.length > 0 ? this.#policy.combine(weighty, situation, weights) : { abstain: situation.silence ?? 'no-predictions' }
    const before = this.side(index)
    const outcome = this.#outcome(situation, pooled, thresholds)
    const probabilities = 'abstain' in pooled ? { buy: NaN, hold: NaN, sell: NaN } : pooled
    const last = this.#last[index]
    const amends = last?.asOf === asOf ? last.id : undefined
    const references = predictions.flatMap(({ reference }) => reference ?? [])
    const draft: Decision = {
      id: `${symbol}|${sequence}`, symbol, action: outcome.action, reason: outcome.reason,
      margin: probabilities.buy - probabilities.sell, probabilities: Object.freeze(probabilities), price, asOf, sequence,
      predictions: Object.freeze(predictions), gates: Object.freeze(gates), references: Object.freeze(references),
      degraded: situation.degraded, ...(amends !== undefined && { amends }),
    }
    const veto = draft.action === 'hold' ? undefined : this.#veto(Object.freeze(draft))
    const decision = veto === undefined ? draft : { ...draft, action: 'hold' as const, reason: `veto:${veto}` }
    this.#sides[index] = veto === undefined ? outcome.side : before
    this.#last[index] = { asOf, id: decision.id }
    this.count++
    this.#made[this.count % EXPLAINABLE] = { id: decision.id, weights, thresholds, situation }
    return Object.freeze(decision)
  }

  /** A gate that is shut is the reason before all others: what it guards is why predictors were silent as well. */
  #outcome({ index, asOf, priceAt, boundaryUs, gates }: Situation, pooled: Probabilities | Abstention, thresholds: Thresholds): ReturnType<typeof applyThresholds> {
    const side = this.side(index)
    const failed = gates.find(({ passed, opening }) => !passed && !opening)
    if (failed) return { action: 'hold', reason: `gate:${failed.name}`, side }
    if ('abstain' in pooled) return { action: 'hold', reason: pooled.abstain, side }
    const stale = !(asOf - priceAt <= MAX_PRICE_AGE * boundaryUs)
    if (stale) return { action: 'hold', reason: 'stale-price', side }
    const asked = applyThresholds(pooled.buy - pooled.sell, side, thresholds)
    const shut = asked.action !== 'hold' && asked.side !== 0 ? gates.find(({ passed }) => !passed) : undefined
    if (!shut) return asked
    return side === 0 ? { action: 'hold', reason: `gate:${shut.name}`, side } : { action: asked.action, reason: side === 1 ? 'close-long' : 'close-short', side: 0 }
  }

  #veto(decision: Decision): string | undefined {
    for (const { call } of this.#policy.vetoes()) {
      try {
        const reason = call(decision)
        if (typeof reason === 'string') return reason
      } catch (error) {
        this.#policy.onFault('veto', error)
      }
    }
    return undefined
  }

  /** Why a decision came out as it did; older than the newest 1024: by the weights and thresholds of now. */
  explain(decision: Decision): Explanation {
    const made = this.#made.find((made) => made?.id === decision.id)
    const situation = made?.situation ?? ({ symbol: decision.symbol, asOf: decision.asOf } as Situation)
    const weights = made?.weights ?? this.registry.weights()
    const thresholds = made?.thresholds ?? this.#policy.thresholds(situation)
    const contributors = decision.predictions.map((prediction) => {
      const others = decision.predictions.filter((other) => other !== prediction)
      const without = others.length > 0 ? this.#policy.combine(others, situation, weights) : { abstain: '' }
      const margin = 'abstain' in without ? 0 : without.buy - without.sell
      const { module, probabilities } = prediction
      return { module, weight: weights[module] ?? 1, probabilities, shift: decision.margin - margin }
    })
    return { decision: decision.id, contributors, gates: decision.gates, thresholds }
  }

  /** Judges the predictions of a symbol whose horizon is over, at a price. */
  resolve(symbol: number, time: number, price: number): readonly PredictionResolved[] {
    if (!(price > 0)) return []
    return (this.boards[symbol]?.due(time) ?? []).flatMap(({ prediction, price: entry }) => {
      const bps = 1e4 * Math.log(price / entry)
      if (Number.isNaN(bps)) return []
      const realised = bps > 0 ? ('buy' as const) : bps < 0 ? ('sell' as const) : ('hold' as const)
      const { id, module, horizon } = prediction
      const resolved = Object.freeze({ prediction: id, module, horizon, realised, bps })
      this.performance.add(prediction, resolved)
      return [resolved]
    })
  }

  snapshot(): Plain {
    return {
      registry: this.registry.snapshot(), performance: this.performance.snapshot(), sides: this.#sides.slice(),
      last: this.#last.map((last) => ({ ...last })), count: this.count, boards: this.boards.map((board) => board.snapshot()),
    }
  }
  restore(state: Plain): void {
    const saved = state as unknown as { registry: Plain; performance: Plain; sides: Float64Array; last: { asOf: number; id: string }[]; count: number; boards: Plain[] }
    this.registry.restore(saved.registry)
    this.performance.restore(saved.performance)
    this.#sides.set(saved.sides)
    this.count = saved.count
    saved.last.forEach((last, i) => (this.#last[i] = last))
    saved.boards.forEach((board, i) => this.boards[i]?.restore(board))
  }
}

