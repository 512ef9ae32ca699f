import { durationUs, TapeloomError, type Duration, type Price } from '@tapeloom/core'
import { TURN_US } from './efficient-price.ts'

/** One venue of a simulation: how it sees the price, how far it is from us, and how honest its messages are. */
export interface SimulatedVenueSpec {
  readonly name: string
  /** Default: a 100,000th of the price's power of ten. */
  readonly tickSize?: Price
  /** Default 0.00001. */
  readonly lotSize?: Price
  /** What a maker pays, and quotes farther from the price; default 0. */
  readonly feeBps?: number
  /** Deviation of what the venue takes for the price from what it is; default 0.3. */
  readonly noiseBps?: number
  /** How late it sees the price, a multiple of 100 ms; default none. */
  readonly delay?: Duration
  /** How long its messages are under way, half as long again at most; default `'20ms'`. */
  readonly latency?: Duration
  /** By how much its clock is ahead of ours, µs, within an hour; default 0. */
  readonly clockUs?: number
  /** By how much its clock runs too fast, within 1000 parts of a million; default 0. */
  readonly clockPpm?: number
  /** Makers never withdraw their best quotes and nobody takes them: they stay, while farther ones come and go; default false. */
  readonly stale?: boolean
  /** What its book messages carry to check them by; default both. */
  readonly checks?: readonly ('ids' | 'checksum')[]
  /** How often it sends its whole book again, a multiple of 100 ms; default never. */
  readonly snapshots?: Duration
}

/** A venue with its defaults, times in µs and turns. */
export interface VenueSettings {
  readonly feeBps: number
  readonly noiseBps: number
  readonly delayTurns: number
  readonly latencyUs: number
  readonly clockUs: number
  readonly clockPpm: number
  readonly stale: boolean
  readonly checks: readonly ('ids' | 'checksum')[]
  /** 0: never. */
  readonly snapshotTurns: number
}

/** @throws TapeloomError `sim.venues` for what cannot be */
export function venueSettings(spec: SimulatedVenueSpec): VenueSettings {
  const { name, feeBps = 0, noiseBps = 0.3, clockUs = 0, clockPpm = 0, stale = false, checks = ['ids', 'checksum'] } = spec
  const within = (option: string, value: number, least: number, most: number) => {
    if (!(value >= least && value <= most)) wrong(name, `${option} ${value} is not in [${least}, ${most}]. Give a number within`)
  }
  within('feeBps', feeBps, 0, 1000)
  within('noiseBps', noiseBps, 0, 1000)
  within('clockUs', clockUs, -3600e6, 3600e6)
  within('clockPpm', clockPpm, -1000, 1000)
  if (!Number.isSafeInteger(clockUs)) wrong(name, `clockUs ${clockUs} is not whole. Give whole microseconds`)
  return {
    feeBps, noiseBps, clockUs, clockPpm, stale, checks,
    delayTurns: turnsOf(name, 'delay', spec.delay), snapshotTurns: turnsOf(name, 'snapshots', spec.snapshots),
    latencyUs: durationUs(spec.latency ?? '20ms'),
  }
}

function turnsOf(name: string, option: 'delay' | 'snapshots', duration: Duration | undefined): number {
  const turns = duration === undefined ? 0 : durationUs(duration) / TURN_US
  if (!Number.isInteger(turns)) wrong(name, `${option} '${duration}' is no multiple of 100 ms. Give one, as '300ms'`)
  return turns
}

function wrong(name: string, what: string): never {
  throw new TapeloomError('sim.venues', `[simulatedVenues ${name}] ${what}.`)
}
