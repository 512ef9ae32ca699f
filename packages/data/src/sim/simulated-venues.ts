import { createRandom, durationUs, instrument, TapeloomError } from '@tapeloom/core'
import type { Duration, Instrument, MarketInput, MarketSymbol, SeededRandom, Source } from '@tapeloom/core'
import { TURN_US } from './efficient-price.ts'
import { SimulatedVenue, START_US } from './simulated-venue.ts'
import { startLevel, tickOf } from './simulated-symbol.ts'
import { venueSettings, type SimulatedVenueSpec, type VenueSettings } from './venue-spec.ts'

/** Which venues to simulate, and what they trade. */
export interface SimulatedVenuesSpec {
  readonly symbols: readonly MarketSymbol[]
  /** A multiple of 100 ms. */
  readonly duration: Duration
  readonly seed: number
  readonly venues: readonly SimulatedVenueSpec[]
}

const CHUNK = 1024

/**
 * Several venues that trade the same symbols, one source each: equal specs give equal inputs, and a venue or a symbol is
 * the same alone as among others. All follow one efficient price; each sees it with a delay and noise of its own, matches
 * orders by price and time, and sends its trades and, after them, what they and the makers changed in its book. `tsEvent`
 * is the venue's clock, `tsInit` the receipt by an exact one. Book messages carry what they can be checked by (`ids`,
 * `checksum`) beside what every book message has; `withFaults` checks them as a decoder of the venue would.
 * @throws TapeloomError `sim.symbols`, `sim.duration`, `sim.venues`
 */
export function simulatedVenues(spec: SimulatedVenuesSpec): readonly Source[] {
  const { symbols, duration, venues } = spec
  const fail = (code: string, what: string): never => {
    throw new TapeloomError(code, `[simulatedVenues] ${what}.`)
  }
  if (symbols.length === 0 || new Set(symbols).size < symbols.length)
    fail('sim.symbols', `symbols '${symbols.join(' ')}' are none, or not distinct. Name each once`)
  if (!Number.isInteger(durationUs(duration) / TURN_US))
    fail('sim.duration', `duration '${duration}' is no multiple of 100 ms. Give one, as '90s'`)
  const names = venues.map(({ name }) => name)
  if (names.length === 0 || names.includes('') || new Set(names).size < names.length)
    fail('sim.venues', `venues '${names.join(' ')}' are none, or not distinct. Name each once`)
  return venues.map((venue) => new VenueSource(spec, venue))
}

class VenueSource implements Source {
  readonly name: string
  readonly live = false
  readonly instruments: readonly Instrument[]
  readonly #spec: SimulatedVenuesSpec
  readonly #settings: VenueSettings

  constructor(spec: SimulatedVenuesSpec, venue: SimulatedVenueSpec) {
    this.name = venue.name
    this.#spec = spec
    this.#settings = venueSettings(venue)
    this.instruments = spec.symbols.map((symbol) => instrument(symbol, {
      venue: venue.name, tickSize: venue.tickSize ?? tickOf(startLevel(spec.seed, symbol)), lotSize: venue.lotSize ?? '0.00001',
    }))
  }

  async *events({ after = 0, signal }: Parameters<Source['events']>[0]): AsyncIterable<readonly MarketInput[]> {
    const { seed, duration } = this.#spec
    const symbols = this.instruments.map((one) => new SimulatedVenue(seed, one, this.#settings))
    const way = new Way(createRandom(seed, 'sim', 'way', this.name), this.#settings)
    let [done, chunk] = [0, [] as MarketInput[]]
    for (let turn = 0; turn < durationUs(duration) / TURN_US && !signal.aborted; turn++) {
      const inputs: MarketInput[] = []
      for (const symbol of symbols) symbol.turn(turn, inputs)
      if (symbols.length > 1) inputs.sort((a, b) => (a.tsEvent ?? 0) - (b.tsEvent ?? 0))
      for (const input of inputs) {
        const received = way.stamp(input)
        if (++done > after) chunk.push(received)
      }
      if (chunk.length < CHUNK) continue
      yield chunk
      chunk = []
    }
    if (chunk.length > 0 && !signal.aborted) yield chunk
  }
}

/** The way from a venue to us: one message after another, each at a time of its own. */
class Way {
  readonly #random: SeededRandom
  readonly #settings: VenueSettings
  #last = 0

  constructor(random: SeededRandom, settings: VenueSettings) {
    this.#random = random
    this.#settings = settings
  }

  stamp(input: MarketInput): MarketInput {
    const { latencyUs, clockUs, clockPpm } = this.#settings
    const sent = input.tsEvent!
    const tsEvent = Math.max(0, sent + clockUs + Math.round((sent - START_US) * clockPpm * 1e-6))
    const underWay = Math.round(latencyUs * (1 + 0.5 * this.#random.next()))
    this.#last = Math.max(this.#last + 1, sent + underWay)
    return { ...input, tsEvent, tsInit: this.#last }
  }
}
