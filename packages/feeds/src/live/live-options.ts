import { durationUs, type Duration, type Instrument, type MarketSymbol } from '@tapeloom/core'
import type { BackOffTimes } from './back-off.ts'
import type { VenueUrls } from './live-venue.ts'

/** What a live source is told; only `symbols` must be. */
export interface LiveOptions {
  readonly symbols: readonly MarketSymbol[]
  /** Where the venue is reached, in place of its public addresses. */
  readonly urls?: Partial<VenueUrls>
  /** Tick and lot, in place of asking the venue for them. */
  readonly instruments?: readonly Instrument[]
  /** Of the jitter of waits; default 1. */
  readonly seed?: number
  /** A connection that says nothing for so long is closed and made anew; default by venue. */
  readonly silence?: Duration
  /** Waits between attempts: first (0.5s), most (30s); what lasted `stable` (60s) begins with the first again. */
  readonly backOff?: { readonly first?: Duration; readonly most?: Duration; readonly stable?: Duration }
  /** Hears what becomes of the connection and of the books. */
  readonly log?: (message: string, level: 'info' | 'warn') => void
  /** Gets each line of a capture of the traffic (format F2), as it happens. */
  readonly capture?: (line: string) => void
}

/** Milliseconds of a duration; `fallback` where it is not given. @throws TapeloomError `duration.form` */
export const millisecondsOf = (duration: Duration | undefined, fallback: number): number =>
  duration === undefined ? fallback : durationUs(duration) / 1000

/** The waits that options ask for. @throws TapeloomError `duration.form` */
export const backOffOf = ({ first, most, stable }: NonNullable<LiveOptions['backOff']> = {}): BackOffTimes => ({
  firstMs: millisecondsOf(first, 500), mostMs: millisecondsOf(most, 30_000), stableMs: millisecondsOf(stable, 60_000),
})
