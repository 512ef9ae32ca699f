/** One module of a configuration, resolved. */
export interface PlanEntry {
  readonly id: string
  /** The package or path that it comes from. */
  readonly package: string
  readonly version: string
  /** As handlers see them: checked, with defaults, durations in µs. */
  readonly options: Readonly<Record<string, unknown>>
  readonly enabled: boolean
}

/** What a configuration comes to. */
export interface Plan {
  /** In the order in which they start. */
  readonly modules: readonly PlanEntry[]
  /** Names of the sources. */
  readonly sources: readonly string[]
  /** Path of the database, or `memory`. */
  readonly store: string
  /** Modules that were left out because they could not be loaded, and why (policy `skip` or `degrade`). */
  readonly warnings: readonly string[]
}
