import { suggestion, TapeloomError } from '@tapeloom/core'

/** `number`: a double, NaN missing. `integer`: a whole number in one, NaN missing. `text`: a string, null missing. */
export type ColumnType = 'number' | 'integer' | 'text'

/** A table of the store: its columns and what identifies a row. */
export interface StoreTable {
  readonly columns: Readonly<Record<string, ColumnType>>
  /**
   * Columns that identify a row; of rows with equal keys a read sees the one with the newest `known`. The last is the
   * table's order (a time, where it has one). Conditions on other columns apply to those newest rows, not before.
   */
  readonly key: readonly string[]
  /** Whether writers may bring further `number` columns (feature tables). */
  readonly open?: boolean
  /** The column that says of which time a row is, µs: retention goes by it. Tables without one are kept whole. */
  readonly time?: string
}

const stamp = { symbol: 'text', known: 'integer' } as const
const taint = { taint: 'text' } as const

/** Names of the moving-average columns that every candle row carries, in their stored order. */
export const averageColumns = ['sma_10', 'sma_20', 'sma_50', 'sma_200', 'ema_12', 'ema_26', 'ema_50', 'vwap'] as const

const candleTable: StoreTable = {
  columns: {
    symbol: 'text',
    venue: 'text',
    open_time: 'integer',
    open: 'number',
    high: 'number',
    low: 'number',
    close: 'number',
    volume: 'number',
    quote_volume: 'number',
    trades: 'number',
    taker_buy: 'number',
    flags: 'integer',
    taint: 'text',
    known: 'integer',
    sma_10: 'number',
    sma_20: 'number',
    sma_50: 'number',
    sma_200: 'number',
    ema_12: 'number',
    ema_26: 'number',
    ema_50: 'number',
    vwap: 'number',
  },
  key: ['symbol', 'venue', 'open_time'],
  time: 'open_time',
}

const featureTable: StoreTable = {
  columns: { ...stamp, ts: 'integer', ...taint, origin: 'text' },
  key: ['symbol', 'ts'],
  time: 'ts',
  open: true,
}

/**
 * The tables of a store. Times are µs, `known` is the sequence of the input that made the row, lists (taint, lanes,
 * gates) are JSON text. `ohlcv_<timeframe>` and `features_<layoutId>` exist once per timeframe and layout: their
 * patterns stand here as `ohlcv` and `features`; `storeTable` resolves a real name.
 */
export const storeTables: Readonly<Record<string, StoreTable>> = {
  ohlcv: candleTable,
  features: featureTable,
  technical_indicators: {
    columns: { ...stamp, timeframe: 'text', open_time: 'integer', name: 'text', params: 'text', value: 'number' },
    key: ['symbol', 'timeframe', 'name', 'params', 'open_time'],
    time: 'open_time',
  },
  pivot_points: {
    columns: {
      id: 'text',
      ...stamp,
      timeframe: 'text',
      level: 'integer',
      side: 'text',
      price: 'number',
      pivot_time: 'integer',
      confirmed_at: 'integer',
      lag_bars: 'integer',
      strength: 'number',
      volume: 'number',
    },
    key: ['symbol', 'timeframe', 'level', 'side', 'pivot_time'],
    time: 'confirmed_at',
  },
  predictions: {
    columns: {
      id: 'text',
      ...stamp,
      module: 'text',
      horizon: 'text',
      as_of: 'integer',
      buy: 'number',
      hold: 'number',
      sell: 'number',
      confidence: 'number',
      expected_bps: 'number',
      version: 'text',
      reference: 'text',
      realised: 'text',
      bps: 'number',
    },
    key: ['symbol', 'module', 'horizon', 'as_of'],
    time: 'as_of',
  },
  decisions: {
    columns: {
      id: 'text',
      ...stamp,
      action: 'text',
      reason: 'text',
      margin: 'number',
      buy: 'number',
      hold: 'number',
      sell: 'number',
      price: 'number',
      as_of: 'integer',
      sequence: 'integer',
      predictions: 'text',
      gates: 'text',
      references: 'text',
      degraded: 'integer',
      amends: 'text',
    },
    key: ['id'],
    time: 'as_of',
  },
  inference_frames: {
    columns: {
      id: 'text',
      stream: 'text',
      sequence: 'integer',
      model: 'text',
      model_version: 'text',
      schema_hash: 'text',
      ...stamp,
      as_of: 'integer',
      inputs: 'text',
      lanes: 'text',
      extras: 'text',
      prediction: 'text',
      entry: 'text',
      target_timeframe: 'text',
      target_open: 'integer',
      target_close: 'integer',
      horizon: 'text',
      taint: 'text',
      content_hash: 'text',
      fingerprint: 'text',
    },
    key: ['model', 'symbol', 'sequence'],
    time: 'as_of',
  },
  reference_states: {
    columns: { ref_id: 'text', state: 'text', reason: 'text', known: 'integer' },
    key: ['ref_id', 'known'],
  },
  training_outcomes: {
    columns: {
      ref_id: 'text',
      event_id: 'text',
      subscriber: 'text',
      label: 'text',
      weight: 'number',
      loss: 'number',
      step: 'integer',
      position: 'integer',
      model: 'text',
      state: 'text',
      known: 'integer',
    },
    key: ['ref_id', 'event_id', 'subscriber'],
  },
  trades: {
    columns: {
      ...stamp,
      venue: 'text',
      id: 'text',
      ts_event: 'integer',
      ts_init: 'integer',
      price: 'number',
      quantity: 'number',
      aggressor: 'text',
    },
    key: ['symbol', 'venue', 'known'],
    time: 'ts_event',
  },
  book_buckets: {
    columns: {
      ...stamp,
      ts: 'integer',
      close_time: 'integer',
      low: 'number',
      bid: 'number',
      ask: 'number',
      bucket: 'number',
      bids: 'text',
      asks: 'text',
    },
    key: ['symbol', 'ts'],
    time: 'ts',
  },
  instruments: {
    columns: {
      ...stamp,
      venue: 'text',
      kind: 'text',
      tick_size: 'number',
      lot_size: 'number',
      contract_size: 'number',
      tick: 'text',
      lot: 'text',
    },
    key: ['symbol', 'venue'],
  },
  positions: {
    columns: {
      id: 'text',
      ...stamp,
      side: 'text',
      quantity: 'number',
      entry_price: 'number',
      exit_price: 'number',
      opened_at: 'integer',
      closed_at: 'integer',
      net_bps: 'number',
    },
    key: ['id'],
    time: 'closed_at',
  },
  models: {
    columns: {
      model: 'text',
      version: 'text',
      path: 'text',
      hash: 'text',
      metrics: 'text',
      schema_hash: 'text',
      known: 'integer',
    },
    key: ['model', 'version'],
  },
  gaps: {
    columns: { series: 'text', ...stamp, start: 'integer', end: 'integer', reason: 'text', detail: 'text' },
    key: ['series', 'reason', 'start'],
    time: 'start',
  },
  layouts: {
    columns: { layout: 'text', position: 'integer', column: 'text', known: 'integer' },
    key: ['layout', 'position'],
  },
}

/**
 * The declaration of a table by its real name (`ohlcv_1m`, `features_3fa9`, `gaps`).
 * @throws TapeloomError `store.table` for a name that nothing declares
 */
export function storeTable(name: string): StoreTable {
  if (/^ohlcv_\d+(ms|s|m|h|d|w)$/.test(name)) return candleTable
  if (/^features_./.test(name)) return featureTable
  const table =
    Object.hasOwn(storeTables, name) && name !== 'ohlcv' && name !== 'features' ? storeTables[name] : undefined
  if (table) return table
  throw new TapeloomError(
    'store.table',
    `[store table '${name}'] is not declared.${suggestion(name, Object.keys(storeTables))} Use a table of storeTables.`,
  )
}
