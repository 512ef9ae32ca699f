import { TapeloomError, type EventOf, type MarketSymbol, type Plain, type RunManifest } from '@tapeloom/core'

/** The newest confirmed swings of one level; undefined while there is none on that side. */
export interface PivotLevel {
  readonly level: number
  readonly high: EventOf<'pivot:confirm'> | undefined
  readonly low: EventOf<'pivot:confirm'> | undefined
}

/** Remembers the newest pivot a symbol, level and side, from `pivot:confirm`. */
export class PivotLevels {
  readonly #levels = new Map<MarketSymbol, PivotLevel[]>()
  /** Whether a module that confirms pivots is loaded, as far as the run's manifest says. */
  #hasModule = false

  opened({ plan }: RunManifest): void {
    const modules = (plan as { readonly modules?: readonly { readonly id?: unknown }[] } | null)?.modules
    this.#hasModule = Array.isArray(modules) && modules.some((module: { readonly id?: unknown } | null) => module?.id === 'pivot')
  }

  confirmed(pivot: EventOf<'pivot:confirm'>): void {
    const levels = this.#levels.get(pivot.symbol) ?? []
    const at = levels.findIndex(({ level }) => level >= pivot.level)
    const known = levels[at]?.level === pivot.level ? levels[at] : undefined
    const next = { ...(known ?? { level: pivot.level, high: undefined, low: undefined }), [pivot.side]: pivot }
    levels.splice(at < 0 ? levels.length : at, known ? 1 : 0, next)
    this.#levels.set(pivot.symbol, levels)
  }

  snapshot(): Plain {
    return [...this.#levels].map(([symbol, levels]) => [symbol, levels.map(({ level, high = null, low = null }) => ({ level, high, low }))]) as unknown as Plain
  }
  restore(state: Plain): void {
    type Saved = { readonly level: number; readonly high: PivotLevel['high'] | null; readonly low: PivotLevel['low'] | null }
    this.#levels.clear()
    for (const [symbol, levels] of state as unknown as readonly (readonly [MarketSymbol, readonly Saved[]])[]) {
      this.#levels.set(symbol, levels.map(({ level, high, low }) => ({ level, high: high ?? undefined, low: low ?? undefined })))
    }
  }

  /** The levels of a symbol, lowest first. @throws TapeloomError `data.pivot-module` when nothing confirms pivots */
  of(symbol: MarketSymbol): readonly PivotLevel[] {
    const levels = this.#levels.get(symbol)
    if (levels || this.#hasModule) return levels ? [...levels] : []
    throw new TapeloomError(
      'data.pivot-module',
      `[data] no module confirms pivots of ${symbol}. Install @tapeloom/module-pivot (npm i @tapeloom/module-pivot) and list it.`,
    )
  }
}
