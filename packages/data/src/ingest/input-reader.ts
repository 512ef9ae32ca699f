import type { MarketInput, Plain } from '@tapeloom/core'
import type { CandleBuilder } from '../candle/candle-builder.ts'
import { checkInput, readTime, type Fault } from './input-check.ts'
import type { InputMerge } from './input-merge.ts'
import { AT, KIND, NONE, type MarketRecord } from './market-record.ts'
import type { Market, MarketTable } from './market-table.ts'
import type { OwnInput, RepeatingSource } from './own-input.ts'
import { RecentIds } from './recent-ids.ts'
import type { SourceReader } from './source-reader.ts'
import { receivedAt } from './wall-clock.ts'

/** Takes inputs from the merge, checks them, and turns each into a record: of the input, or of what is wrong with it. */
export class InputReader {
  readonly merge: InputMerge
  readonly #table: MarketTable
  readonly #builders: readonly CandleBuilder[]
  readonly #counted: (source: string, code: string) => void
  /** For each market. */
  readonly #ids: readonly RecentIds[]
  /** Reads the run that is repeated, if one is. */
  #repeated: SourceReader | undefined
  /** Payload of the host's input that was taken last, encoded. */
  payload: Uint8Array = new Uint8Array(0)

  constructor(
    merge: InputMerge, table: MarketTable, builders: readonly CandleBuilder[], counted: (source: string, code: string) => void,
  ) {
    this.merge = merge
    this.#table = table
    this.#builders = builders
    this.#counted = counted
    this.#ids = table.markets.map(() => new RecentIds())
  }

  /** Inputs that the sources will yield, where all of them know. */
  get total(): number | undefined {
    let total = 0
    for (const { source } of this.merge.readers) {
      if (source.name !== 'ingest') total += source.length ?? NaN
    }
    return Number.isNaN(total) ? undefined : total
  }

  /** Has the inputs that a run made itself read too, and the host's on demand. Before `start`. */
  repeat(source: RepeatingSource, host: boolean): void {
    this.#repeated = this.merge.readers.find((reader) => reader.source === source)!
    this.#repeated.read = (from) => source.repeat({ ...from, host })
  }

  start(signal: AbortSignal): void {
    this.merge.start(signal)
  }

  /** The time of receipt of a reader's head, µs; −Infinity where it says none. */
  timeOf({ head, source }: SourceReader): number {
    if (source.live && head?.tsInit === undefined) return receivedAt()
    return readTime(head?.tsInit ?? head?.tsEvent)
  }

  /** Takes the head of a reader into `record`; false when it is nothing new. */
  take(reader: SourceReader, record: MarketRecord, tsInit: number): boolean {
    const input = reader.head!
    const place = reader.take()
    this.merge.taken(reader.index)
    if (place === 'done') return false
    record.source = reader.index
    record.number[AT.sourceSequence] = reader.sourceSequence
    record.number[AT.tsInit] = tsInit
    if (input.kind === 'own') return this.#own(input, record)
    const { name } = reader.source
    const market = this.#table.routes[reader.index]!.get(input.symbol!)
    const fault = place === 'unordered' ? unordered(input, reader.sourceSequence) : this.#check(input, market, record)
    if (fault) this.#reject(input, name, fault, market, record, tsInit)
    else if (this.#isDouble(record)) {
      this.#counted(name, 'data.duplicate')
      return false
    }
    return true
  }

  /** Takes note of a record of the journal that is applied again. */
  rerun(record: MarketRecord): void {
    const reader = this.merge.readers[record.source] ?? (record.number[AT.sourceSequence]! > 0 ? this.#repeated : undefined)
    if (reader) reader.sourceSequence = record.number[AT.sourceSequence]!
    if (record.kind === KIND.trade) this.#ids[record.market]!.isDuplicate(record.text)
    if (record.kind === KIND.fault && record.text !== '') this.#counted(reader?.source.name ?? 'ingest', record.text)
  }

  snapshot(): Plain {
    return {
      places: this.merge.readers.map(({ sourceSequence }) => sourceSequence),
      ids: this.#ids.map((ids) => ids.snapshot()),
    }
  }

  restore(state: Plain): void {
    const { places, ids } = state as unknown as { places: readonly number[]; ids: readonly Plain[] }
    places.forEach((place, i) => (this.merge.readers[i]!.sourceSequence = place))
    ids.forEach((one, i) => this.#ids[i]!.restore(one))
  }

  #own({ record: kind, text, rest, tsEvent }: OwnInput, record: MarketRecord): boolean {
    record.kind = kind
    record.source = record.market = NONE
    record.flags = 0
    record.text = text
    record.number[AT.tsEvent] = tsEvent
    this.payload = rest
    return true
  }

  #check(input: MarketInput, market: Market | undefined, record: MarketRecord): Fault | undefined {
    if (input.kind === 'reject') return { code: input.code, message: 'could not be read.' }
    if (!market) return { code: 'data.symbol', message: `'${input.symbol}' is no instrument of this source. Declare it.` }
    return checkInput(input, market, record)
  }

  #reject(input: MarketInput, name: string, fault: Fault, market: Market | undefined, record: MarketRecord, tsInit: number): void {
    this.#counted(name, fault.code)
    const { tsEvent } = input
    record.kind = KIND.fault
    record.flags = input.kind === 'book' || (input.kind === 'reject' && input.of === 'book') ? 1 : 0
    record.market = market?.index ?? NONE
    record.number[AT.tsEvent] = Number.isSafeInteger(tsEvent) ? tsEvent! : tsInit
    record.text = fault.code
    record.message = `[source '${name}'${input.symbol ? ` ${input.symbol}` : ''}] ${input.kind} ${fault.message}`
    record.raw = input.kind === 'reject' ? input.raw : rawOf(input)
  }

  #isDouble(record: MarketRecord): boolean {
    if (record.kind === KIND.trade) return this.#ids[record.market]!.isDuplicate(record.text)
    return record.kind === KIND.candle && this.#builders[record.market]!.isDelivered(record)
  }
}

const unordered = (input: MarketInput, last: number): Fault => ({
  code: 'data.sequence',
  message: `sourceSequence is ${input.sourceSequence} after ${last}. Number the inputs of a source upwards.`,
})

function rawOf(input: MarketInput): string {
  return JSON.stringify(input, (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value))
}
