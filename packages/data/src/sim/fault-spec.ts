import { TapeloomError, type MarketSymbol } from '@tapeloom/core'

/** The kinds of faults. */
export const faultKinds = [
  'disconnect', 'drop', 'gap', 'reorder', 'delay', 'duplicate', 'cross', 'badNumber', 'wrongNumber', 'checksum', 'clock',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** Chances per input, in [0, 1]; each defaults to 0. Kinds that spoil a book message leave other inputs alone. */
export interface FaultSpec {
  readonly seed: number
  /** The input is lost. */
  readonly drop?: number
  /** The input comes twice. */
  readonly duplicate?: number
  /** The input comes after the next one. */
  readonly reorder?: number
  /** The connection is lost for 1 to 30 s: a `gap` for each symbol, then each book anew as a snapshot. */
  readonly disconnect?: number
  /** The input comes 50 ms to 2 s later, after what was sent meanwhile. */
  readonly delay?: number
  /** The input is lost, and the source says so: a `gap`, and a snapshot 0.3 s later. */
  readonly gap?: number
  /** A change of a book brings a bid above its best ask, too. */
  readonly cross?: number
  /** A price or quantity in a book message is what none can be: NaN, infinite, negative, no number, off the grid. */
  readonly badNumber?: number
  /** A quantity in a book message is another than it was, and could be. */
  readonly wrongNumber?: number
  /** One bit of a book message's checksum is another than it was. */
  readonly checksum?: number
  /** The venue's clock jumps by up to 30 s, either way, and stays there until it jumps again. */
  readonly clock?: number
  /** The venue's clock runs too fast by so many parts of a million, from the first input on; default 0. */
  readonly clockPpm?: number
  /** Told of every fault as it is made. */
  readonly log?: (fault: InjectedFault) => void
}

/** A fault as it was made. */
export interface InjectedFault {
  readonly kind: FaultKind
  readonly symbol: MarketSymbol | undefined
  /** Of the input it befell, by the venue's own clock, µs. */
  readonly tsEvent: number
}

/** How many faults of each kind the newest run of `events` has made. */
export type FaultCounts = Record<FaultKind, number>

export const noFaults = (): FaultCounts => Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as FaultCounts

/** @throws TapeloomError `sim.faults` for what cannot be */
export function checkFaults(spec: FaultSpec): void {
  const wrong = (what: string): never => {
    throw new TapeloomError('sim.faults', `[withFaults] ${what}.`)
  }
  for (const kind of faultKinds) {
    const chance = spec[kind] ?? 0
    if (!(chance >= 0 && chance <= 1)) wrong(`${kind} ${chance} is not in [0, 1]. Give a chance per input`)
  }
  if (!(Math.abs(spec.clockPpm ?? 0) <= 1e5)) wrong(`clockPpm ${spec.clockPpm} is not in [-100000, 100000]. Give parts of a million`)
}
