import type { DuckDBMaterializedResult } from '@duckdb/node-api'
import { suggestion, TapeloomError } from '@tapeloom/core'
import type { Native } from './native.ts'
import type { Parameters } from './range-conditions.ts'
import type { Reader } from './reader-pool.ts'
import type { ColumnKind, ReadColumn, VectorReader } from './vector-reader.ts'

/** A statement that reads, its parameters, and the columns wanted of its result. */
export interface QuerySpec {
  readonly sql: string
  readonly params: Parameters
  readonly columns: Readonly<Record<string, ColumnKind>>
}

/** Columns in the order of the spec. */
export interface QueryResult {
  readonly columns: readonly ReadColumn[]
  readonly rowCount: number
}

const hints: Readonly<Record<string, string>> = {
  TIMESTAMP: 'epoch_us(x)', TIMESTAMPTZ: 'epoch_us(x)', 'TIMESTAMP WITH TIME ZONE': 'epoch_us(x)', DATE: 'epoch_us(x)',
}

/**
 * Runs one reading statement and checks the columns of its result.
 * @throws TapeloomError `store.query` for a statement that writes, a missing or wrongly typed column, a missing parameter
 */
export async function runQuery({ api }: Native, vectors: VectorReader, reader: Reader, spec: QuerySpec): Promise<QueryResult> {
  const statement = await reader.prepare(spec.sql)
  const { SELECT, EXPLAIN } = api.StatementType
  if (statement.statementType !== SELECT && statement.statementType !== EXPLAIN) {
    throw queryError(`reads, but got ${api.StatementType[statement.statementType] ?? 'another statement'}`, 'Rows are written by write() alone')
  }
  for (const name of Object.keys(spec.params)) {
    if (!namesOf(statement.parameterCount, (index) => statement.parameterName(index + 1)).includes(name)) {
      throw queryError(`has no parameter $${name}`, 'Name it in the statement, or leave it out of params')
    }
  }
  const result = await reader.run(statement, spec.params)
  const indices = checkedColumns(vectors, result, spec.columns)
  return vectors.read(result, indices)
}

function checkedColumns(vectors: VectorReader, result: DuckDBMaterializedResult, columns: QuerySpec['columns']): number[] {
  const names = result.columnNames()
  return Object.entries(columns).map(([name, wanted]) => {
    const index = names.indexOf(name)
    if (index < 0) throw queryError(`gives no column '${name}'.${suggestion(name, names)} It gives ${names.map((one) => `'${one}'`).join(', ')}`, 'Name it so in the statement')
    const type = result.columnType(index)
    const kind = vectors.kindOf(type)
    if (kind !== wanted) {
      const cast = hints[String(type)] ?? { number: 'x::double', text: 'x::varchar', boolean: 'x::boolean' }[wanted]
      throw queryError(`gives column '${name}' as ${String(type)}, not ${wanted}`, `Ask for ${kind ?? 'another type'}, or convert it: ${cast}`)
    }
    return index
  })
}

const namesOf = (count: number, name: (index: number) => string) => Array.from({ length: count }, (_, index) => name(index))

const queryError = (what: string, todo: string) => new TapeloomError('store.query', `[store-duckdb] query ${what}. ${todo}.`)
