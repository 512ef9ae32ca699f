import { suggestion, TapeloomError, type StoreColumns, type StoreRows } from '@tapeloom/core'
import { storeTable, type ColumnType, type StoreTable } from '@tapeloom/data'

/** A text column as codes into its distinct words, -1 = missing. */
export interface PackedText {
  readonly codes: Int32Array
  readonly words: readonly string[]
}

/** One column on its way to the owner thread: own copies, so that their memory can change hands. */
export interface PackedColumn {
  readonly name: string
  readonly type: ColumnType
  readonly data: Float64Array | PackedText
}

/** Rows of one table on their way to the owner thread. */
export interface PackedRows {
  readonly table: string
  readonly declared: StoreTable
  readonly length: number
  readonly columns: readonly PackedColumn[]
}

/** All rows of a batch, and the sequence through which the store is written once they are in. */
export interface PackedBatch {
  readonly through: number
  readonly rows: readonly PackedRows[]
}

/**
 * Checks rows against the declaration of their table and copies them.
 * @throws TapeloomError `store.table`, `store.column` for an unknown, missing or wrongly typed column
 */
export function packRows({ table, length, columns }: StoreRows): PackedRows {
  const declared = storeTable(table)
  for (const name of [...declared.key, 'known']) {
    if (!Object.hasOwn(columns, name)) throw columnError(table, `lacks column '${name}'`, 'Give each key column and known')
  }
  const packed = Object.entries(columns).map(([name, data]) => {
    const type = declaredType(table, declared, name, data)
    if (data.length !== length) throw columnError(table, `column '${name}' has ${data.length} rows, not ${length}`, 'Give all columns the same length')
    return { name, type, data: data instanceof Float64Array ? data.slice() : packText(data) }
  })
  return { table, declared, length, columns: packed }
}

/** The buffers of a batch, to be handed over with it. */
export const buffersOf = (batch: PackedBatch): ArrayBuffer[] =>
  batch.rows.flatMap(({ columns }) =>
    columns.map(({ data }) => (data instanceof Float64Array ? data : data.codes).buffer as ArrayBuffer))

const columnError = (table: string, what: string, todo: string) =>
  new TapeloomError('store.column', `[store table '${table}'] ${what}. ${todo}.`)

function declaredType(table: string, declared: StoreTable, name: string, data: StoreColumns[string]): ColumnType {
  const isNumbers = data instanceof Float64Array
  const type = Object.hasOwn(declared.columns, name) ? declared.columns[name] : declared.open && isNumbers ? 'number' : undefined
  if (!type) {
    throw columnError(table, `has no column '${name}'${suggestion(name, Object.keys(declared.columns))}`, 'Use its declared columns')
  }
  if ((type === 'text') === isNumbers) {
    throw columnError(table, `column '${name}' is ${type}, but got ${isNumbers ? 'numbers' : 'text'}`, 'Give it as declared')
  }
  return type
}

/** Codes the distinct words of a column; runs of one word, as symbols come, cost a comparison a row. */
function packText(texts: readonly (string | null)[]): PackedText {
  const codes = new Int32Array(texts.length)
  const words: string[] = []
  const codeOf = new Map<string, number>()
  let last: string | null = null
  let code = -1
  for (let row = 0; row < texts.length; row++) {
    const text = texts[row] ?? null
    if (text !== last) {
      last = text
      code = text === null ? -1 : (codeOf.get(text) ?? words.length)
      if (text !== null && code === words.length) {
        codeOf.set(text, code)
        words.push(text)
      }
    }
    codes[row] = code
  }
  return { codes, words }
}
