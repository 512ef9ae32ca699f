import { TapeloomError, type Grid } from '@tapeloom/core'

/** The coarsest grid that holds all of several grids: their common divisor. */
export interface CommonGrid {
  readonly grid: Grid
  /** Steps of the common grid in one step of each. */
  readonly steps: readonly number[]
}

/** @throws TapeloomError `book.grid` when it would have more than 2^53 units a step */
export function commonGrid(grids: readonly Grid[], where: string): CommonGrid {
  const scale = Math.max(...grids.map((grid) => grid.scale))
  const units = grids.map((grid) => grid.k * (scale / grid.scale))
  if (!units.every(Number.isSafeInteger)) {
    throw new TapeloomError('book.grid', `[${where}] the steps of its venues have no common divisor. Leave out the odd one.`)
  }
  const k = units.reduce(divisor)
  return { grid: { k, scale }, steps: units.map((unit) => unit / k) }
}

function divisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}
