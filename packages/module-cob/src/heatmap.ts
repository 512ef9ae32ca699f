import type { BucketGrid } from './bucket-grid.ts'

/** Length of a cell, µs. */
export const CELL_US = 1e6

/** What changed since the cell began, as plain data: enough for the time-weighted mean of each bucket. */
export interface Heatmap {
  /** When the cell began, µs; NaN before the first whole one, and after a rebuild, which hides what changed. */
  from: number
  /** Buckets of the best after the last event. */
  bid: number
  ask: number
  /** Σ change · (time − from) by slot of the grid, lots · µs. */
  readonly bids: Float64Array
  readonly asks: Float64Array
}
/** Time-weighted mean quantities of the buckets from the best outwards, over [openTime, closeTime), µs: whole seconds. */
export interface HeatmapEvent {
  readonly openTime: number
  readonly closeTime: number
  /** Price of the first bid bucket (lower edge) and of the first ask bucket (upper edge), and the width of each. */
  readonly bid: number
  readonly ask: number
  readonly bucket: number
  readonly bids: readonly number[]
  readonly asks: readonly number[]
}
export const createHeatmap = (slots: number): Heatmap => ({ from: NaN, bid: NaN, ask: NaN, bids: new Float64Array(slots), asks: new Float64Array(slots) })

/** Begins the cell at or after `now`: until then nothing is noted. */
export function beginCell(heatmap: Heatmap, now: number): void {
  heatmap.from = Math.ceil(now / CELL_US) * CELL_US
  heatmap.bids.fill(0)
  heatmap.asks.fill(0)
}

/**
 * Integral of the quantity over the cell / its length, for `rows` buckets from the best; the changes of the event that ends it
 * must not be in the grid yet. An hour of stillness is one long cell.
 */
// `!`: the caller knows that the rows are within the grid.
export function endCell(heatmap: Heatmap, grid: BucketGrid, rows: number, now: number) {
  const { bid, ask } = heatmap
  const closeTime = Math.floor(now / CELL_US) * CELL_US
  const length = closeTime - heatmap.from
  const mean = (lots: Float64Array, moments: Float64Array, slot: number) => lots[slot]! - moments[slot]! / length
  return {
    openTime: heatmap.from, closeTime,
    bids: Array.from({ length: rows }, (_, i) => mean(grid.bids, heatmap.bids, bid - grid.base - i)),
    asks: Array.from({ length: rows }, (_, i) => mean(grid.asks, heatmap.asks, ask - grid.base + i)),
  }
}
