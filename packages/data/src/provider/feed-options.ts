import type { Plain, RunManifest, Source, Store, TapeloomError, Timeframe } from '@tapeloom/core'

/** What a feed is made of. */
export interface FeedOptions {
  readonly sources: readonly Source[]
  readonly store: Store
  /** Folder of the journal; undefined: none is kept. */
  readonly journal: string | undefined
  readonly wanted: readonly Timeframe[]
  readonly priceVenue: Readonly<Record<string, string>>
  /** Whether each trade becomes a row of the store. */
  readonly trades: boolean
  /** Whether a journal that is the one source is repeated with what its run made itself. */
  readonly repeat: boolean
  /** A rejected or dropped input, counted by source and code. */
  counted(source: string, code: string): void
  /** Called when the store and the journal are open. */
  opened(manifest: RunManifest): void
  /** Something beside the journal could not be written, and the run goes on without it. */
  behind(error: TapeloomError): void
  /** What the provider keeps beside the feed. */
  readonly provider: { snapshot(): Plain; restore(state: Plain): void }
}
