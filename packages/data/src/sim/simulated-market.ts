import { durationUs, TapeloomError } from '@tapeloom/core'
import type { Duration, Instrument, MarketInput, MarketSymbol, Source } from '@tapeloom/core'
import { plantedBeta } from './planted-signal.ts'
import { SimulatedSymbol } from './simulated-symbol.ts'

/** Inputs that are yielded at once. */
const CHUNK = 1024
const SECOND_US = 1e6

/** What market to simulate. */
export interface SimulatedMarketSpec {
  readonly symbols: readonly MarketSymbol[]
  /** Whole seconds. */
  readonly duration: Duration
  readonly seed: number
  /** Share of minutes whose direction the visible imbalance foretells, in [0.5, 0.999]; default 0.5: nothing is. */
  readonly predictability?: number
  /** Number of venues; one is what a source can carry. */
  readonly venues?: number
}

/**
 * A deterministic market: trades and books of each symbol, from time 0 on; equal specs give equal inputs.
 * The price walks at random with changing volatility. `predictability` p plants a signal: the sign of the depth
 * imbalance over the five best levels, as it stands at the beginning of a minute, foretells the move of this minute
 * (beta·S·sigma + e, beta = Φ⁻¹(p)), so that the best possible prediction is right p of the time; within the minute it
 * tells what is left of the drift, and of later minutes nothing. Without it book and trades tell nothing.
 * Each second brings one to four trades at the touch, then one change of the book.
 * @throws TapeloomError `sim.symbols`, `sim.duration`, `sim.predictability`, `sim.venues`
 */
export function simulatedMarket(spec: SimulatedMarketSpec): Source {
  return new SimulatedMarket(spec)
}

class SimulatedMarket implements Source {
  readonly name = 'sim'
  readonly live = false
  readonly instruments: readonly Instrument[]
  length: number | undefined
  readonly #spec: SimulatedMarketSpec
  readonly #seconds: number
  readonly #beta: number

  constructor(spec: SimulatedMarketSpec) {
    this.#spec = spec
    this.#seconds = durationUs(spec.duration) / SECOND_US
    this.#beta = plantedBeta(spec.predictability ?? 0.5)
    if (spec.symbols.length === 0 || new Set(spec.symbols).size < spec.symbols.length) {
      throw new TapeloomError(
        'sim.symbols',
        `[simulatedMarket] symbols '${spec.symbols.join(' ')}' are none, or not distinct. Name each once.`,
      )
    }
    if (!Number.isInteger(this.#seconds)) {
      throw new TapeloomError(
        'sim.duration',
        `[simulatedMarket] duration '${spec.duration}' is not whole seconds. Give seconds, as '90s'.`,
      )
    }
    if ((spec.venues ?? 1) !== 1) {
      throw new TapeloomError(
        'sim.venues',
        `[simulatedMarket] ${spec.venues} venues do not fit one source. Use simulatedVenues: it gives a source a venue.`,
      )
    }
    this.instruments = this.#symbols().map((symbol) => symbol.instrument)
  }

  async prepare(): Promise<void> {
    const { symbols, seed } = this.#spec
    this.length = symbols.reduce((sum, symbol) => sum + SimulatedSymbol.count(seed, symbol, this.#seconds), 0)
  }

  async *events({ after = 0, signal }: Parameters<Source['events']>[0]): AsyncIterable<readonly MarketInput[]> {
    const symbols = this.#symbols()
    let [done, chunk] = [0, [] as MarketInput[]]
    for (let second = 0; second < this.#seconds && !signal.aborted; second++) {
      const inputs: MarketInput[] = []
      for (const symbol of symbols) symbol.second(second, inputs)
      if (symbols.length > 1) inputs.sort(byTime)
      for (const input of inputs) if (++done > after) chunk.push(input)
      if (chunk.length < CHUNK) continue
      yield chunk
      chunk = []
    }
    if (chunk.length > 0 && !signal.aborted) yield chunk
  }

  #symbols(): readonly SimulatedSymbol[] {
    const { symbols, seed } = this.#spec
    return symbols.map((symbol) => new SimulatedSymbol(seed, symbol, this.name, this.#beta))
  }
}

const byTime = (a: MarketInput, b: MarketInput): number => (a.tsEvent ?? 0) - (b.tsEvent ?? 0)
