import type { DuckDBConnection } from '@duckdb/node-api'
import { lifetimes, planRetention, type RangeUse, type Released, type Retention, type TableRetention } from '@tapeloom/data'
import { newestKnown } from './helper-views.ts'
import { identifier, literal } from './sql-text.ts'

/** References marked with one statement. */
const MARKED = 1000

/**
 * Lets go, in the connection's transaction, the rows that are older than retention keeps, and marks the references that
 * lose some. @param known the sequence that the marks carry
 */
export async function sweep(connection: DuckDBConnection, retention: Retention, tables: readonly string[], known: number): Promise<Released> {
  const cutoffs = new Map<string, { readonly time: string; readonly cutoff: number }>()
  for (const [table, { time, us }] of lifetimes(retention, tables)) {
    const [newest] = await rowsOf(connection, `select max(${identifier(time)})::double from ${identifier(table)}`)
    if (newest?.[0] !== null) cutoffs.set(table, { time, cutoff: Number(newest?.[0]) - us })
  }
  const [newest] = await rowsOf(connection, 'select max(as_of)::double from inference_frames')
  const plan = planRetention(retention, cutoffs, await usesBefore(connection, cutoffs), Number(newest?.[0] ?? -Infinity))
  const rows: Record<string, number> = {}
  for (const [table, of] of plan.tables) {
    const { rowsChanged } = await connection.run(deleteSql(table, of))
    if (rowsChanged > 0) rows[table] = rowsChanged
  }
  for (let at = 0; at < plan.expired.length; at += MARKED) {
    const values = plan.expired.slice(at, at + MARKED).map((id) => `(${literal(id)}, 'expired', 'retention', ${known})`)
    await connection.run(`insert into reference_states (ref_id, state, reason, known) values ${values.join(', ')}`)
  }
  return { rows, expired: plan.expired }
}

/** Ranges of references that wait, and of those that begin before some cutoff and are not marked yet. */
async function usesBefore(connection: DuckDBConnection, cutoffs: ReadonlyMap<string, { readonly cutoff: number }>): Promise<readonly RangeUse[]> {
  const last = Math.max(...[...cutoffs.values()].map(({ cutoff }) => cutoff))
  if (!(last > -Infinity)) return []
  const found = await rowsOf(connection, `
    with states as (
      select ref_id, last(state order by known, rowid) as state, bool_or(state = 'expired' and coalesce(reason, '') = 'retention') as released
      from reference_states group by ref_id
    ), frames as (
      select id, as_of, lanes, coalesce(states.state, 'open') in ('open', 'matched') as waiting
      from (select * from inference_frames ${newestKnown(['model', 'symbol', 'sequence'])}) left join states on ref_id = id
      where not coalesce(released, false)
    ), uses as (
      select id, as_of, waiting, unnest(from_json(lanes, '[{"series": "VARCHAR", "start": "DOUBLE", "end": "DOUBLE", "count": "BIGINT"}]')) as lane
      from frames
    )
    select id, as_of::double, waiting, lane.series, lane.start, lane."end" from uses
    where lane.count > 0 and (waiting or lane.start < ${last})`)
  return found.map(([reference, asOf, waiting, series, start, end]) => ({
    reference: String(reference), asOf: Number(asOf), waiting: waiting === true, series: String(series), start: Number(start), end: Number(end),
  }))
}

function deleteSql(table: string, { time, cutoff, pins }: TableRetention): string {
  const at = identifier(time)
  const held = pins.map(({ symbol, venue, from, to }) => {
    const of = venue === undefined ? '' : ` and venue = ${literal(venue)}`
    return ` and not (symbol = ${literal(symbol)}${of} and ${at} between ${from} and ${to})`
  })
  return `delete from ${identifier(table)} where ${at} < ${Math.ceil(cutoff)}${held.join('')}`
}

const rowsOf = async (connection: DuckDBConnection, sql: string) => (await connection.runAndReadAll(sql)).getRows()
