import { TapeloomError } from '@tapeloom/core'
import type { MarketSymbol, Plain } from '@tapeloom/core'
import { MemoryBudget } from './memory-budget.ts'
import type { RowBlock } from './row-block.ts'
import { RowRing } from './row-ring.ts'
import { featureSeriesId } from './series-id.ts'

/** A layout's columns, as told once before its first row. */
interface Layout {
  readonly columns: readonly string[]
  /** Position by full column id and by name without revision (`cob.imbalance5`). */
  readonly positions: ReadonlyMap<string, number>
}

/** The newest frozen rows of each (symbol, layout) in memory; older ones are in the store. Default budget 128 MB. */
export class FeatureMirror {
  readonly budget: MemoryBudget
  readonly #maxRows: number
  readonly #layouts = new Map<string, Layout>()
  readonly #rings = new Map<string, RowRing>()

  constructor(options: { readonly budgetBytes?: number; readonly maxRows?: number } = {}) {
    this.budget = new MemoryBudget(options.budgetBytes ?? 128 * 1024 * 1024)
    this.#maxRows = options.maxRows ?? 8192
  }

  /** Declares the columns of a layout. */
  layout(layoutId: string, columns: readonly string[]): void {
    const positions = new Map<string, number>()
    columns.forEach((id, i) => positions.set(id.split('#', 1)[0] ?? id, i).set(id, i))
    this.#layouts.set(layoutId, { columns, positions })
  }

  /** The columns of a layout, in the order of its rows. @throws TapeloomError `data.layout` when it was never told */
  columns(layoutId: string): readonly string[] {
    return this.#layout(layoutId).columns
  }

  /** Where a column stands in a layout's rows. @throws TapeloomError `data.layout` */
  position(layoutId: string, column: string): number {
    const at = this.#layout(layoutId).positions.get(column)
    if (at !== undefined) return at
    throw new TapeloomError(
      'data.layout',
      `[layout ${layoutId}] has no column '${column}'. Bind a column of the layout.`,
    )
  }

  /** Keeps a frozen row; `values` is copied. Where the budget leaves no room at all, only the store has it. */
  put(symbol: MarketSymbol, time: number, layoutId: string, values: Float64Array, known: number): void {
    const ring = this.#ring(featureSeriesId(symbol, layoutId), this.#layout(layoutId).columns.length)
    const slot = ring?.put(time, known, 0) ?? -1
    if (slot >= 0) ring?.rows.set(values, slot * ring.width)
  }

  /** Reads the row of a series at `time` as known by `knownBy`: 1, 0 when there is none, −1 when it may have left. */
  read(series: string, time: number, knownBy: number, block: RowBlock): number {
    return this.#rings.get(series)?.read(time, time + 1, knownBy, block) ?? -1
  }

  /** Doubles of a row of this layout. */
  width(layoutId: string): number {
    return this.#layout(layoutId).columns.length
  }

  snapshot(): Plain {
    const layouts = [...this.#layouts].map(([id, { columns }]) => ({ id, columns }))
    const rings = [...this.#rings].map(([id, ring]) => ({ id, width: ring.width, ring: ring.snapshot() }))
    return { layouts, rings }
  }

  restore(state: Plain): void {
    const { layouts, rings } = state as unknown as {
      layouts: { id: string; columns: string[] }[]
      rings: { id: string; width: number; ring: Plain }[]
    }
    for (const { id, columns } of layouts) this.layout(id, columns)
    for (const { id, width, ring } of rings) this.#ring(id, width)?.restore(ring)
  }

  #layout(layoutId: string): Layout {
    const layout = this.#layouts.get(layoutId)
    if (layout) return layout
    throw new TapeloomError('data.layout', `[layout ${layoutId}] is not known. Tell its columns before its first row.`)
  }

  #ring(id: string, width: number): RowRing | undefined {
    const known = this.#rings.get(id)
    if (known) return known
    if (!this.budget.take(RowRing.startBytes(width, this.#maxRows))) return undefined
    const ring = new RowRing(width, this.#maxRows, this.budget)
    this.#rings.set(id, ring)
    return ring
  }
}
