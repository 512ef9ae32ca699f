/** How late a venue is, µs; NaN before its first message. */
export interface VenueLatency {
  /** From the venue's clock to ours, of its last message: negative where its clock runs ahead. */
  readonly lagUs: number
  /** By how much its newest time is older than the newest of any venue, each by its own clock. */
  readonly eventAgeUs: number
  /** By how much it was heard earlier than the venue heard last. */
  readonly receiveAgeUs: number
}

/** The newest times of several venues. */
export class VenueTimes {
  readonly #event: Float64Array
  readonly #receive: Float64Array

  constructor(venues: number) {
    this.#event = new Float64Array(venues).fill(NaN)
    this.#receive = new Float64Array(venues).fill(NaN)
  }

  heard(venue: number, tsEvent: number, tsInit: number): void {
    this.#event[venue] = tsEvent
    this.#receive[venue] = tsInit
  }

  latency(venue: number): VenueLatency {
    const [event, receive] = [this.#event[venue] ?? NaN, this.#receive[venue] ?? NaN]
    return { lagUs: receive - event, eventAgeUs: newest(this.#event) - event, receiveAgeUs: newest(this.#receive) - receive }
  }
}

function newest(times: Float64Array): number {
  let latest = NaN
  for (const time of times) if (!(latest >= time) && !Number.isNaN(time)) latest = time
  return latest
}
