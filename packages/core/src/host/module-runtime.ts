import type { Random } from '../module/context.ts'
import type { Plain } from '../module/state.ts'
import type { Warmup } from '../module/define.ts'
import { durationUs, timeframeUs, type Timeframe } from '../vocabulary/duration.ts'
import type { ModuleStatus } from '../vocabulary/events.ts'
import { countedBy, warmupOf, type PlannedModule } from './module-plan.ts'
import { createRandom, type SeededRandom } from './random.ts'

/** The context as the host holds it: what handlers may only read is set anew here. */
export interface HostContext {
  state: object
  [key: string]: unknown
}

/** How far the warm-up of a module is for one symbol; `etaUs`: when it is done, if data goes on as before. */
export interface Lack {
  readonly have: number
  readonly need: number
  /** A timeframe (candles of it), `us` of event time, or `resolved` (predictions). */
  readonly unit: string
  readonly etaUs: number
}

/** One module as it runs: status, contexts (one a symbol, or one for all), and what its snapshot holds. */
export class ModuleRuntime {
  declare readonly entry: PlannedModule
  declare readonly global: boolean
  contexts: HostContext[] = []
  declare randoms: SeededRandom[]
  status: ModuleStatus = 'idle'
  reason = ''
  declare enabled: boolean
  faults = 0
  lastFault = ''
  /** Event times of the restarts of the last event-hour, µs. */
  restarts: number[] = []
  /** A fault waits for its restart at the next boundary. */
  faulted = false
  /** Next time (µs) at which a sampled topic is heard: [trade, book] a symbol. */
  declare readonly sampleAt: Float64Array
  /** Candles heard a symbol and timeframe of the warm-up, and the first event time a symbol (NaN: none). */
  declare readonly heard: Float64Array
  declare readonly since: Float64Array
  readonly #warmup: Warmup
  /** Timeframes whose candles the warm-up counts, heard or not. */
  declare readonly counted: readonly Timeframe[]

  constructor(entry: PlannedModule, symbols: readonly string[], seed: number) {
    this.#warmup = warmupOf(entry)
    Object.assign(this, { entry, enabled: entry.enabled, global: entry.definition.scope === 'global', counted: countedBy(this.#warmup) })
    this.randoms = (this.global ? [''] : symbols).map((symbol) => createRandom(seed, entry.id, symbol))
    this.sampleAt = new Float64Array(2 * symbols.length)
    this.heard = new Float64Array(symbols.length * Math.max(1, this.counted.length))
    this.since = new Float64Array(symbols.length).fill(NaN)
  }

  get active(): boolean { return this.status === 'running' || this.status === 'warming' }

  context(symbol: number): HostContext { return this.contexts[this.global ? 0 : symbol] as HostContext }
  random(symbol: number): Random { return this.randoms[this.global ? 0 : symbol] as Random }

  /** Counts a candle for the warm-up. */
  hear(symbol: number, timeframe: Timeframe): void {
    const at = this.counted.indexOf(timeframe)
    if (at >= 0) this.heard[symbol * this.counted.length + at]! += 1
  }

  /** What the warm-up of a symbol still lacks; undefined when it is ready. */
  lacks(symbol: number, now: number): Lack | undefined {
    for (let i = 0; i < this.counted.length; i++) {
      const timeframe = this.counted[i] as Timeframe
      const [have, need] = [this.heard[symbol * this.counted.length + i] ?? 0, this.#warmup[timeframe] ?? 0]
      if (have < need) return { have, need, unit: timeframe, etaUs: (need - have) * timeframeUs(timeframe) }
    }
    const need = Math.max(...[this.#warmup.trades, this.#warmup.live].map((span) => (span ? durationUs(span) : 0)))
    if (need === 0) return undefined
    const have = Math.max(0, now - (this.since[symbol] ?? NaN)) || 0
    return have >= need ? undefined : { have, need, unit: 'us', etaUs: need - have }
  }

  /** Candles of a timeframe that a warm-up replays. */
  depth(timeframe: Timeframe): number { return this.#warmup[timeframe] ?? 0 }

  snapshot(): Plain {
    const { status, reason, enabled, faults, lastFault, restarts, faulted, sampleAt, heard, since } = this
    return {
      id: this.entry.id, stateVersion: this.entry.definition.stateVersion ?? 1,
      status, reason, enabled, faults, lastFault, restarts: [...restarts], faulted,
      sampleAt: sampleAt.slice(), heard: heard.slice(), since: since.slice(),
      randoms: this.randoms.map(({ state }) => state.slice()),
      states: this.contexts.map(({ state }) => state as Plain),
    }
  }

  /** Takes a snapshot over. Returns false when its state is of another version and cannot be migrated. */
  restore(saved: RuntimeSnapshot): boolean {
    const { definition } = this.entry
    const { status, reason, enabled, faults, lastFault, restarts, faulted } = saved
    Object.assign(this, { status, reason, enabled, faults, lastFault, restarts: [...restarts], faulted })
    this.sampleAt.set(saved.sampleAt)
    this.heard.set(saved.heard)
    this.since.set(saved.since)
    saved.randoms.forEach((state, i) => this.randoms[i]?.state.set(state))
    const same = saved.stateVersion === (definition.stateVersion ?? 1)
    if (!same && !definition.migrate) return false
    saved.states.forEach((state, i) => {
      const context = this.contexts[i]
      if (context) context.state = (same ? state : definition.migrate?.(state, saved.stateVersion)) as object
    })
    return true
  }
}

export interface RuntimeSnapshot {
  readonly id: string
  readonly stateVersion: number
  readonly status: ModuleStatus
  readonly reason: string
  readonly enabled: boolean
  readonly faults: number
  readonly lastFault: string
  readonly restarts: readonly number[]
  readonly faulted: boolean
  readonly sampleAt: Float64Array
  readonly heard: Float64Array
  readonly since: Float64Array
  readonly randoms: readonly Float64Array[]
  readonly states: readonly object[]
}
