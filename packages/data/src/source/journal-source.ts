import { decodePlain, fromGrid, TapeloomError } from '@tapeloom/core'
import type { Instrument, MarketInput, Plain, Price, Source, Timeframe } from '@tapeloom/core'
import { AT, KIND, MarketRecord, NONE } from '../ingest/market-record.ts'
import type { OwnInput, RepeatingSource, SourceInput } from '../ingest/own-input.ts'
import type { JournalHeader } from '../journal/journal-manifest.ts'
import { JournalReader, readJournalHeader } from '../journal/journal-reader.ts'
import { isHostRecord } from '../journal/run-journal.ts'
import { CHUNK } from './candle-source.ts'

/**
 * The market inputs that a database's journal holds, as a recording: the same messages in the same order, with the
 * sequence they had as `sourceSequence`. It reads beside a running process. `venue` picks one where a symbol has
 * several.
 * A run whose one source it is repeats the journalled run: that one's ticks and gaps at their places and, under an equal
 * plan (modules, options, decision settings), its faults by elapsed time, commands and results of networks.
 * Errors come from `prepare`: `source.missing` without a journal, `source.venue`; `journal.corrupt` while reading.
 */
export function journalSource(database: string, options: { readonly venue?: string } = {}): Source {
  return new JournalSource(database, options.venue)
}

// `!` below: `AT` indexes the record's numbers.
class JournalSource implements RepeatingSource {
  readonly name: string
  readonly live = false
  readonly #folder: string
  readonly #venue: string | undefined
  /** All instruments of the journal: a record's market is an index into it. */
  #markets: readonly Instrument[] = []
  plan: Plain = null

  constructor(database: string, venue: string | undefined) {
    this.name = `journal ${database.replace(/^.*[\\/]/, '')}`
    this.#folder = `${database}.journal/local`
    this.#venue = venue
  }

  get instruments(): readonly Instrument[] {
    return this.#markets.filter((market) => this.#isWanted(market))
  }
  get isWhole(): boolean {
    return this.#markets.every((market) => this.#isWanted(market))
  }

  async prepare(): Promise<void> {
    const header = readJournalHeader(this.#folder) as unknown as JournalHeader | undefined
    if (!header) {
      throw new TapeloomError(
        'source.missing',
        `[source ${this.#folder}] there is no journal. Check the database's path.`,
      )
    }
    this.#markets = header.instruments
    this.plan = header.manifest.plan
    for (const [symbol, [first, second]] of Map.groupBy(this.instruments, (market) => market.symbol)) {
      if (!second) continue
      throw new TapeloomError(
        'source.venue',
        `[source ${this.#folder}] ${symbol} comes from '${first?.venue}' and '${second.venue}'. ` +
          `Pick one: { venue: '${first?.venue}' }.`,
      )
    }
  }

  events(from: Parameters<Source['events']>[0]): AsyncIterable<readonly MarketInput[]> {
    return this.#read<never>(from, () => undefined)
  }

  repeat({ host, ...from }: Parameters<RepeatingSource['repeat']>[0]): AsyncIterable<readonly SourceInput[]> {
    return this.#read(from, (record, reader) => ownInput(record, reader, host))
  }

  /** @param own makes an input of what is no market's */
  async *#read<I extends SourceInput>(
    { after = 0, signal }: Parameters<Source['events']>[0], own: (record: MarketRecord, reader: JournalReader) => I | undefined,
  ): AsyncGenerator<readonly (MarketInput | I)[]> {
    if (this.#markets.length === 0) await this.prepare()
    const [reader, record] = [new JournalReader(this.#folder, after, true), new MarketRecord()]
    try {
      for (let [chunk, more] = [[] as (MarketInput | I)[], true]; more && !signal.aborted; chunk = []) {
        while (chunk.length < CHUNK && (more = reader.next(record))) {
          const input = this.#input(record, reader) ?? own(record, reader)
          if (input) chunk.push(input)
        }
        if (chunk.length > 0) yield chunk
      }
    } finally {
      reader.close()
    }
  }

  #isWanted(market: Instrument): boolean {
    return this.#venue === undefined || market.venue === this.#venue
  }

  /** The record as a message; undefined for what is the host's (ticks, commands, results). */
  #input(record: MarketRecord, { sequence, rest }: JournalReader): MarketInput | undefined {
    const market = record.market === NONE ? undefined : this.#markets[record.market]
    const { number, kind } = record
    const stamp = { tsEvent: number[AT.tsEvent]!, tsInit: number[AT.tsInit]!, sourceSequence: sequence }
    if (market && !this.#isWanted(market)) return undefined
    if (kind === KIND.fault && record.source !== NONE)
      return { ...rejectOf(record, rest), ...(market && { symbol: market.symbol }), ...stamp }
    if (!market) return undefined
    const about = { symbol: market.symbol, ...stamp }
    if (kind === KIND.trade) return { ...about, ...tradeOf(record, market) }
    if (kind === KIND.book) return { ...about, ...bookOf(record, market) }
    if (kind === KIND.candle || kind === KIND.backfill) return { ...about, ...candleOf(record, market) }
    if (kind === KIND.gap) return { ...about, kind: 'gap', reason: record.text }
    return undefined
  }
}

/** What the run made itself; undefined for the host's unless wanted, and for commands that the run itself gives again. */
function ownInput(record: MarketRecord, { sequence, rest }: JournalReader, host: boolean): OwnInput | undefined {
  const { kind, number, source, market, text } = record
  if (source !== NONE || market !== NONE) return undefined
  if (isHostRecord(record)) {
    if (!host) return undefined
    if (kind === KIND.command && (decodePlain(rest) as { readonly byHost?: boolean }).byHost) return undefined
  } else if (kind !== KIND.tick && kind !== KIND.gap) return undefined
  const stamp = { tsEvent: number[AT.tsEvent]!, tsInit: number[AT.tsInit]!, sourceSequence: sequence }
  return { kind: 'own', record: kind, text, rest: rest.slice(), ...stamp }
}

const tradeOf = ({ number, flags, text }: MarketRecord, { tick, lot }: Instrument) => ({
  kind: 'trade' as const,
  price: fromGrid(tick, number[AT.price]!),
  quantity: fromGrid(lot, number[AT.quantity]!),
  aggressor: flags === 1 ? ('buy' as const) : ('sell' as const),
  ...(text !== '' && { id: text }),
})

function bookOf(record: MarketRecord, { tick, lot }: Instrument) {
  const levels = (from: number, count: number): readonly (readonly [Price, Price])[] =>
    Array.from(
      { length: count },
      (_, i) => [fromGrid(tick, record.ticks[from + i]!), fromGrid(lot, record.lots[from + i]!)] as const,
    ) // bids then asks
  return {
    kind: 'book' as const,
    update: (record.flags & 1) === 1 ? ('snapshot' as const) : ('delta' as const),
    ...((record.flags & 2) === 2 && { partial: true }),
    bids: levels(0, record.bids),
    asks: levels(record.bids, record.asks),
  }
}

function candleOf({ kind, number, text }: MarketRecord, { tick }: Instrument) {
  const [quoteVolume, trades, takerBuyVolume] = [
    number[AT.quoteVolume]!,
    number[AT.trades]!,
    number[AT.takerBuyVolume]!,
  ]
  return {
    kind: 'candle' as const,
    timeframe: text as Timeframe,
    openTime: number[AT.openTime]!,
    open: fromGrid(tick, number[AT.open]!),
    high: fromGrid(tick, number[AT.high]!),
    low: fromGrid(tick, number[AT.low]!),
    close: fromGrid(tick, number[AT.close]!),
    volume: number[AT.volume]!,
    ...(!Number.isNaN(quoteVolume) && { quoteVolume }),
    ...(!Number.isNaN(trades) && { trades }),
    ...(!Number.isNaN(takerBuyVolume) && { takerBuyVolume }),
    ...(kind === KIND.backfill && { backfill: true }),
  }
}

function rejectOf({ text, flags }: MarketRecord, rest: Uint8Array) {
  const [, raw = ''] = (rest.length === 0 ? [] : decodePlain(rest)) as readonly Plain[]
  return { kind: 'reject' as const, code: text, raw: String(raw), ...(flags === 1 && { of: 'book' as const }) }
}
