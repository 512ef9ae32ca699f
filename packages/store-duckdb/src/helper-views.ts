import { identifier, literal } from './sql-text.ts'

/** Of rows with equal keys the one known last; of equally known ones the one written last. */
export const newestKnown = (key: readonly string[], where = ''): string =>
  `${where} qualify row_number() over (partition by ${key.map(identifier).join(', ')} order by known desc, rowid desc) = 1`

/**
 * Statements that bring the views over tables of the same kind as `changed` up to date, for those who read by SQL:
 * `candles` (all timeframes, newest known), `features` (all layouts), `reference_status` (newest state per reference).
 */
export function helperViews(tables: readonly string[], changed: string): string[] {
  if (changed.startsWith('ohlcv_')) return [unionView('candles', 'timeframe', 'ohlcv_', ['symbol', 'venue', 'open_time'], tables)]
  if (changed.startsWith('features_')) return [unionView('features', 'layout', 'features_', ['symbol', 'ts'], tables)]
  if (changed !== 'reference_states') return []
  return [`create or replace view reference_status as select * from reference_states ${newestKnown(['ref_id'])}`]
}

function unionView(view: string, label: string, prefix: string, key: readonly string[], tables: readonly string[]): string {
  const selects = tables
    .filter((name) => name.startsWith(prefix))
    .map((name) => `(select ${literal(name.slice(prefix.length))} as ${label}, * from ${identifier(name)} ${newestKnown(key)})`)
  return `create or replace view ${view} as ${selects.join(' union all by name ')}`
}
