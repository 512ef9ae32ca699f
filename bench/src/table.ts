import type { Figure } from './measure.ts'

/** One line of the table. */
export interface Row extends Figure {
  readonly benchmark: string
}

/** Whether a figure keeps its target; undefined: it has none, and NaN keeps none. */
export const keeps = ({ measured, target }: Figure): boolean | undefined => (target === undefined ? undefined : measured <= target)

const amount = (value: number, unit: Figure['unit']) => `${value.toFixed(unit === 'ns' || value >= 100 ? 0 : 2)} ${unit}`

/** The figures as text in columns, and a sentence for each target that is missed. */
export function table(rows: readonly Row[]): string {
  const lines = [
    ['benchmark', 'what', 'target', 'measured', '', 'note'],
    ...rows.map((row) => {
      const { benchmark, what, target, measured, unit, note = '' } = row
      const kept = keeps(row)
      return [benchmark, what, target === undefined ? '' : `<= ${amount(target, unit)}`, amount(measured, unit), kept === undefined ? '' : kept ? 'met' : 'MISSED', note]
    }),
  ]
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  const text = lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd())
  const missed = rows.filter((row) => keeps(row) === false).map(({ what, measured, target = NaN, unit }) =>
    `Missed: ${what} is ${amount(measured, unit)}, the target is ${amount(target, unit)}.`)
  return [...text, ...(missed.length > 0 ? ['', ...missed] : [])].join('\n')
}
