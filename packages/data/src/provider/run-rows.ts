import type { DataHost, Instrument, Plain, Store, TradeTape } from '@tapeloom/core'
import { CandleMirror } from '../series/candle-mirror.ts'
import { FeatureMirror } from '../series/feature-mirror.ts'
import { CandleProjection } from '../store/candle-projection.ts'
import { projectFeatures, type FrozenRow } from '../store/feature-projection.ts'
import { Projector, type ProjectorOptions } from '../store/projector.ts'
import { projectTrade } from '../store/trade-projection.ts'
import { EventProjection } from './event-projection.ts'

/** The rows that a run makes: in memory for readers, and on their way to the store. */
export class RunRows {
  readonly candles = new CandleMirror()
  readonly features = new FeatureMirror()
  readonly averages = new CandleProjection()
  /** Replaced when the store is open. */
  projector: Projector
  /** The state before the first input did not begin with this journal. */
  origin: FrozenRow['origin'] = 'cold'
  readonly #events = new EventProjection(() => this.projector)
  /** Names of layouts, and `instruments`, whose rows were made. */
  readonly #told = new Set<string>()
  /** Rows to make with the next input. */
  #untold: (() => void)[] = []
  readonly #live: boolean
  /** Whether the store had no rows when it was opened. */
  #empty = true
  readonly #keepsTrades: boolean

  /** @param keepsTrades whether each trade is a row of `trades` */
  constructor(store: Store, host: DataHost, keepsTrades: boolean) {
    this.#keepsTrades = keepsTrades
    this.projector = new Projector(store, 0)
    this.#live = host.mode === 'live'
    this.#events.listen(host)
  }

  /** Goes on writing to a store that is open. */
  opened(store: Store, appliedThrough: number, failed: NonNullable<ProjectorOptions['failed']>): void {
    this.projector = new Projector(store, appliedThrough, { failed })
    this.#empty = appliedThrough === 0
  }

  /** Tells the instruments with the first input. */
  instruments(instruments: readonly Instrument[]): void {
    this.#tell('instruments', () => {
      for (const one of instruments) {
        this.projector.add('instruments', {
          symbol: one.symbol, venue: one.venue, kind: one.kind, tick_size: one.tickSize, lot_size: one.lotSize,
          contract_size: one.contractSize, tick: JSON.stringify(one.tick), lot: JSON.stringify(one.lot),
        })
      }
    })
  }

  layout(layoutId: string, columns: readonly string[]): void {
    this.features.layout(layoutId, columns)
    this.#tell(layoutId, () =>
      columns.forEach((column, position) => this.projector.add('layouts', { layout: layoutId, position, column })))
  }

  freeze(layoutId: string, row: Omit<FrozenRow, 'origin'>, values: Float64Array, known: number): void {
    this.features.put(row.symbol, row.time, layoutId, values, known)
    const columns = this.features.columns(layoutId)
    projectFeatures(this.projector, layoutId, columns, { ...row, origin: this.origin }, values)
  }

  trade(tape: TradeTape): void {
    if (this.#keepsTrades) projectTrade(this.projector, tape)
  }

  /** An input begins. */
  begin(sequence: number): void {
    this.projector.begin(sequence)
    if (this.#untold.length > 0) for (const tell of this.#untold.splice(0)) tell()
  }

  /** It is done. A batch is cut by its rows; in live runs by its age too, so that the store is never long behind. */
  end(tsInit: number): void {
    this.projector.end(this.#live ? tsInit : 0)
  }

  snapshot(): Plain {
    return {
      told: [...this.#told], candles: this.candles.snapshot(), features: this.features.snapshot(),
      averages: this.averages.snapshot(), events: this.#events.snapshot(),
    }
  }

  restore(state: Plain): void {
    const saved = state as unknown as SavedRows
    for (const name of saved.told) this.#told.add(name)
    if (!this.#empty) this.#untold = [] // a store that has nothing is told with the next input
    this.candles.restore(saved.candles)
    this.features.restore(saved.features)
    this.averages.restore(saved.averages)
    this.#events.restore(saved.events)
  }

  #tell(name: string, tell: () => void): void {
    if (this.#told.has(name)) return
    this.#told.add(name)
    this.#untold.push(tell)
  }
}

interface SavedRows {
  readonly told: readonly string[]
  readonly candles: Plain
  readonly features: Plain
  readonly averages: Plain
  readonly events: Plain
}
