import type { MarketSymbol } from '@tapeloom/core'
import type { Projector } from './projector.ts'

/** A frozen row on its way to the store. */
export interface FrozenRow {
  readonly symbol: MarketSymbol
  /** The boundary's time, µs. */
  readonly time: number
  readonly taint: readonly string[]
  readonly origin: 'cold' | 'warm' | 'snapshot'
}

/** Adds a frozen row of the current input to `features_<layoutId>`; `values` stand in the order of `columns`. */
export function projectFeatures(
  projector: Projector,
  layoutId: string,
  columns: readonly string[],
  row: FrozenRow,
  values: Float64Array,
): void {
  if (!projector.wanted) return
  const table = projector.table(`features_${layoutId}`)
  const at = table.push()
  table.set(at, 'symbol', row.symbol)
  table.set(at, 'ts', row.time)
  table.set(at, 'taint', row.taint.length === 0 ? null : JSON.stringify(row.taint))
  table.set(at, 'origin', row.origin)
  columns.forEach((column, i) => (table.column(column)[at] = values[i] ?? NaN))
  projector.added(table, at)
}
