import { basename } from 'node:path'
import { toGrid, type BookMessage, type Instrument } from '@tapeloom/core'
import { VenueBook, type UpdateIds } from '@tapeloom/data/book'
import type { BinanceMessage } from './binance/binance-message.ts'
import { BinanceParser } from './binance/binance-parser.ts'
import { binanceFutures, binanceSpot } from './binance/binance-sequence.ts'
import { CaptureReader } from './capture-reader.ts'
import { surveyCapture, type CaptureSurvey } from './capture-survey.ts'
import { TopOracle } from './top-oracle.ts'
import { venueOf } from './venues.ts'
import { WireCheck } from './wire-check.ts'
import { WireFeed } from './wire-feed.ts'

/** What a capture holds, and whether it is whole. */
export interface FeedCheck {
  readonly file: string
  readonly venue: string
  /** Lines; of recorded traffic, those that carry a message of the venue. */
  readonly messages: number
  /** Book updates and snapshots. */
  readonly bookMessages: number
  readonly trades: number
  /** The venue's checksums over the book; none where the venue sends none. */
  readonly checksums: { readonly ok: number; readonly failed: number }
  /** Updates that did not continue the one before. */
  readonly gaps: number
  /** Updates after which the best bid was not below the best ask. */
  readonly crossed: number
  /** Books after an update that equal the venue's prevailing best quote, price and size, of those that can be compared. */
  readonly top: { readonly ok: number; readonly total: number }
  /** Lines that could not be read, and messages with impossible numbers. */
  readonly faults: number
}

/**
 * Decodes captures, checks their sequences, rebuilds their books and compares the best with the venue's own quotes.
 * Files are read in the given order; a later file of the same symbol goes on with the book of the one before.
 * @throws TapeloomError `feed.file`, `feed.format`, `feed.venue`, `feed.truncated`
 */
export async function feedCheck(files: readonly string[]): Promise<FeedCheck[]> {
  const books = new Map<string, CheckedBook>()
  const rows: FeedCheck[] = []
  for (const file of files) rows.push(await checkFile(await surveyCapture(file), books))
  return rows
}

async function checkFile(survey: CaptureSurvey, books: Map<string, CheckedBook>): Promise<FeedCheck> {
  const counts = noCounts()
  const { exchange } = survey
  const lines = exchange === undefined ? textChecker(survey, books, counts) : wireChecker(survey, exchange, counts)
  const reader = new CaptureReader(survey.file)
  try {
    while (await reader.load()) while (reader.next()) lines.take(reader)
  } finally {
    await reader.close()
  }
  lines.end()
  const { messages, bookMessages, trades, gaps, crossed, faults } = counts
  const checksums = { ok: counts.checksumsOk, failed: counts.checksumsFailed }
  const top = { ok: counts.topOk, total: counts.topTotal }
  return { file: basename(survey.file), venue: survey.venue, messages, bookMessages, trades, checksums, gaps, crossed, top, faults }
}

interface LineChecker {
  take(reader: CaptureReader): void
  /** No more lines come. */
  end(): void
}

function textChecker(survey: CaptureSurvey, books: Map<string, CheckedBook>, counts: CheckCounts): LineChecker {
  const bySymbol = new Map<string, CheckedBook>()
  for (const [raw, instrument] of survey.instruments) {
    const key = `${instrument.venue}:${instrument.symbol}`
    const book = books.get(key) ?? new CheckedBook(instrument)
    books.set(key, book)
    book.oracle = new TopOracle()
    bySymbol.set(raw, book)
  }
  const parser = new BinanceParser()
  return {
    take(reader) {
      counts.messages++
      const message = parser.parse(reader.bytes, reader.start, reader.end)
      if (message.kind === 'other') return
      const book = bySymbol.get(message.symbol || (survey.nameless ?? ''))
      if (book && message.kind !== 'broken') book.take(message, counts)
      else counts.faults++
    },
    end() {
      for (const { oracle } of bySymbol.values()) {
        oracle.end()
        counts.topOk += oracle.ok
        counts.topTotal += oracle.total
      }
    },
  }
}

function wireChecker({ file, instruments }: CaptureSurvey, exchange: string, counts: CheckCounts): LineChecker {
  const feed = new WireFeed(venueOf(exchange, file).decoder(file))
  const bySymbol = new Map([...instruments].map(([raw, instrument]) => [raw, new WireCheck(instrument)]))
  return {
    take(reader) {
      for (const event of feed.read(reader.whole())) {
        const book = event.kind === 'reject' ? undefined : bySymbol.get(event.symbol)
        if (book && event.kind !== 'reject') book.take(event, counts)
        else if (event.kind !== 'reject' || event.code !== 'feed.unknown') counts.faults++
      }
      counts.messages = feed.messages
    },
    end() {
      for (const book of bySymbol.values()) book.end(counts)
    },
  }
}

/** What is counted of a capture, as in `FeedCheck`. */
export interface CheckCounts {
  messages: number
  bookMessages: number
  trades: number
  gaps: number
  crossed: number
  faults: number
  checksumsOk: number
  checksumsFailed: number
  topOk: number
  topTotal: number
}

const noCounts = (): CheckCounts => ({
  messages: 0, bookMessages: 0, trades: 0, gaps: 0, crossed: 0, faults: 0,
  checksumsOk: 0, checksumsFailed: 0, topOk: 0, topTotal: 0,
})

/** A symbol's book with its oracle. */
class CheckedBook {
  oracle = new TopOracle()
  readonly #book: VenueBook

  constructor(instrument: Instrument) {
    this.#book = new VenueBook(instrument, { rule: instrument.kind === 'spot' ? binanceSpot() : binanceFutures() })
  }

  take(message: BinanceMessage, counts: CheckCounts): void {
    if (message.kind === 'trade') {
      counts.trades++
      if (!(message.price > 0) || !(message.quantity > 0)) counts.faults++
    } else if (message.kind === 'quote') this.#quote(message)
    else this.#update(message, counts)
  }

  #quote({ last, levels }: BinanceMessage): void {
    const { tick, lot } = this.#book.instrument
    const [bid, bidQuantity, ask, askQuantity] = levels
    this.oracle.quote(last, toGrid(tick, bid!), toGrid(lot, bidQuantity!), toGrid(tick, ask!), toGrid(lot, askQuantity!))
  }

  #update(message: BinanceMessage, counts: CheckCounts): void {
    counts.bookMessages++
    const ids: UpdateIds = { first: message.first, last: message.last, previous: message.previous }
    const outcome = this.#book.apply(toBookMessage(message), ids)
    if (outcome === 'gap') counts.gaps++
    else if (outcome === 'crossed') counts.crossed++
    else if (outcome === 'invalid') counts.faults++
    else if (outcome === 'applied' && message.kind === 'depth') this.oracle.book(message.last, this.#book)
  }
}

function toBookMessage({ kind, bids, asks, levels }: BinanceMessage): BookMessage {
  const level = (i: number) => [levels[2 * i]!, levels[2 * i + 1]!] as const
  return {
    kind: 'book',
    update: kind === 'snapshot' ? 'snapshot' : 'delta',
    bids: Array.from({ length: bids }, (_, i) => level(i)),
    asks: Array.from({ length: asks }, (_, i) => level(bids + i)),
  }
}
