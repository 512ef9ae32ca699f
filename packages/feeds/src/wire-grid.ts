import type { Grid } from '@tapeloom/core'

/** Whole grid steps of plain decimal digits: exact up to 2^53, the nearest double beyond; NaN when they lie off the grid. */
export function stepsOf(grid: Grid, digits: string): number {
  const [whole = '', fraction = ''] = digits.split('.')
  const places = String(grid.scale).length - 1
  if (fraction.length > places && /[1-9]/.test(fraction.slice(places))) return NaN
  const units = Number(whole + fraction.slice(0, places).padEnd(places, '0'))
  const steps = units / grid.k
  return Number.isInteger(steps) ? steps : NaN
}

/** How many decimals digits have, without zeros at their end; a grid has at most 15. */
export function decimalsOf(digits: string): number {
  const fraction = digits.split('.')[1]?.replace(/0+$/, '') ?? ''
  return Math.min(15, fraction.length)
}

/** The step of a grid with so many decimals. */
export const stepWith = (decimals: number): string => (decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`)
