/** What is best on one side of a book; NaN when the side is empty. */
export interface TouchReader {
  readonly bestTicks: number
  readonly bestLots: number
}

/** Reads all levels of one side of a book, in ticks and lots. */
export interface LevelReader extends TouchReader {
  /** How many levels there are. */
  readonly levels: number
  /** The price farthest from the best; NaN when the side is empty. */
  readonly worstTicks: number
  /** Lots at a price; 0 where there is no level. */
  get(ticks: number): number
  /** Writes up to `levels` levels, best first, into the caller's arrays; returns how many. */
  top(levels: number, ticks: Float64Array, lots: Float64Array): number
}

/** Changes the levels of one side of a book. */
export interface LevelWriter {
  /** Puts `lots` at a price, 0 deletes; returns what was there. Deleting what is not there is normal. */
  set(ticks: number, lots: number): number
  clear(): void
}

/** Both sides of a book: it holds what it is told, crossed or not. `LadderBook` and `TailBook` differ in cost alone. */
export interface LevelBook {
  readonly bids: LevelReader & LevelWriter
  readonly asks: LevelReader & LevelWriter
  /** Whether the best bid is not below the best ask. */
  readonly crossed: boolean
  /** Puts `lots` at a price, 0 deletes; returns what was there. */
  set(side: 'bid' | 'ask', ticks: number, lots: number): number
  clear(): void
}
