import type { DataFeed, DataHost, LaneReader } from '@tapeloom/core'
import { InputMerge } from '../ingest/input-merge.ts'
import { InputReader } from '../ingest/input-reader.ts'
import { marketTable, type MarketTable } from '../ingest/market-table.ts'
import { repeatedAmong, type RepeatingSource } from '../ingest/own-input.ts'
import { SeriesLaneReader } from '../series/lane-reader.ts'
import type { FeedOptions } from './feed-options.ts'
import { MarketDesk } from './market-desk.ts'
import type { RunRows } from './run-rows.ts'

/** What is known once the sources are. */
export interface PreparedFeed {
  readonly table: MarketTable
  readonly desk: MarketDesk
  readonly lanes: LaneReader
  readonly inputs: InputReader
  readonly symbols: DataFeed['symbols']
  /** The journal of another run that is repeated, if one is. */
  readonly repeated: RepeatingSource | undefined
}

/** Prepares the sources, and makes what their markets need. @param settle writes out what lanes read */
export async function prepareFeed(
  { sources, wanted, priceVenue, store, counted, repeat }: FeedOptions, host: DataHost, rows: RunRows, settle: () => Promise<void>,
): Promise<PreparedFeed> {
  for (const source of sources) await source.prepare?.()
  const table = marketTable(sources, priceVenue)
  const desk = new MarketDesk({ host, table, sources, wanted, rows })
  const lanes = new SeriesLaneReader({
    candles: rows.candles, features: rows.features, store, symbols: table.symbols,
    asOf: (index) => desk.builders[table.symbols[index]!.index]!.lastBoundary, // the table's own indices
    settle,
  })
  const inputs = new InputReader(new InputMerge(sources), table, desk.builders, counted)
  const symbols = table.symbols.map(({ symbol, instrument, index }) => ({
    symbol, instrument, get boundaryUs() { return desk.builders[index]!.boundaryUs },
  }))
  rows.instruments(table.markets.map(({ instrument }) => instrument))
  return { table, desk, lanes, inputs, symbols, repeated: repeat ? repeatedAmong(sources) : undefined }
}
