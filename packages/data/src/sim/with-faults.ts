import type { MarketInput, Source } from '@tapeloom/core'
import { checkFaults, noFaults, type FaultCounts, type FaultSpec } from './fault-spec.ts'
import { FaultyLine } from './faulty-line.ts'

const CHUNK = 1024

/**
 * A source with faults: seeded, so that equal specs give equal faults, counted in `faults`, told to `log`. The length is
 * unknown. Book messages that carry what they can be checked by, as those of `simulatedVenues` do, are checked behind the
 * faults: what does not follow or does not fit is told as a `gap`, and a snapshot comes 0.3 s later.
 * @throws TapeloomError `sim.faults` for a chance outside [0, 1]
 */
export function withFaults(source: Source, spec: FaultSpec): Source & { readonly faults: Readonly<FaultCounts> } {
  checkFaults(spec)
  return new FaultySource(source, spec)
}

class FaultySource implements Source {
  readonly name: string
  readonly live: boolean
  readonly faults = noFaults()
  readonly #source: Source
  readonly #spec: FaultSpec

  constructor(source: Source, spec: FaultSpec) {
    this.name = source.name
    this.live = source.live
    this.#source = source
    this.#spec = spec
  }

  get instruments(): Source['instruments'] {
    return this.#source.instruments
  }

  get absentMeans(): 'gap' | 'empty' {
    return this.#source.absentMeans ?? 'gap'
  }

  async prepare(): Promise<void> {
    await this.#source.prepare?.()
  }

  async *events({ after = 0, signal }: Parameters<Source['events']>[0]): AsyncIterable<readonly MarketInput[]> {
    Object.assign(this.faults, noFaults())
    const line = new FaultyLine(this.#spec, this.faults, this.instruments)
    let done = 0
    // always from the start: what is faulty depends on all that came before
    for await (const some of this.#source.events({ after: undefined, signal })) {
      for (const input of Array.isArray(some) ? (some as readonly MarketInput[]) : [some as MarketInput])
        line.take(input)
      if (line.waiting < CHUNK) continue
      const inputs = line.give()
      const fresh = inputs.slice(Math.max(0, after - done))
      done += inputs.length
      if (fresh.length > 0) yield fresh
    }
    line.end()
    const rest = line.give().slice(Math.max(0, after - done))
    if (rest.length > 0 && !signal.aborted) yield rest
  }
}
