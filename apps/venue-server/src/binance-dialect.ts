import { digitsOf, type Dialect, type DialectParts } from './dialect.ts'
import type { TapeRecord } from './tape.ts'
import { TrueBook, type Level } from './true-book.ts'

interface Diff {
  readonly u: number
  readonly s: string
  readonly b: readonly Level[]
  readonly a: readonly Level[]
}
interface Snapshot {
  readonly lastUpdateId: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}
interface Market {
  readonly book: TrueBook
  /** Update id of the book; NaN before its snapshot. */
  last: number
  readonly early: Diff[]
}

/** `btcusdt@depth@100ms` and `btcusdt@depth@0ms` are one subscription here: captures have the one or the other. */
const topic = (stream: string): string => stream.replace(/@depth@.*$/, '@depth')

/** Binance: streams in the address, books by request. */
export function binanceDialect({ tape, instruments, retime }: DialectParts): Dialect {
  const markets = new Map<string, Market>()
  const marketOf = (symbol: string): Market => {
    const known = markets.get(symbol) ?? { book: new TrueBook(), last: NaN, early: [] }
    markets.set(symbol, known)
    return known
  }
  const symbolOf = ({ url }: TapeRecord) => /[?&]symbol=([^&]+)/.exec(url)?.[1] ?? [...instruments.keys()][0] ?? ''
  const apply = (market: Market, { u, b, a }: Diff) => {
    if (u <= market.last) return
    market.book.apply(b, a)
    market.last = u
  }
  const seed = (symbol: string, { lastUpdateId, bids, asks }: Snapshot) => {
    const market = marketOf(symbol)
    if (!Number.isNaN(market.last)) return
    market.book.apply(bids, asks)
    market.last = lastUpdateId
    for (const diff of market.early.splice(0)) apply(market, diff)
  }
  const isDepth = (record: TapeRecord) => record.kind === 'response' && record.text.startsWith('{"lastUpdateId"')
  const snapshot = (symbol: string, limit: number): string | undefined => {
    const { book, last } = marketOf(symbol)
    if (Number.isNaN(last)) return tape.find((record) => isDepth(record) && symbolOf(record) === symbol)?.text
    return JSON.stringify({ lastUpdateId: last, bids: book.bids(limit), asks: book.asks(limit) })
  }
  return {
    reset: () => markets.clear(),
    follow(record) {
      if (isDepth(record)) return seed(symbolOf(record), JSON.parse(record.text) as Snapshot)
      if (!record.text.includes('"depthUpdate"')) return
      const { data } = JSON.parse(record.text) as { data: Diff }
      const market = marketOf(data.s)
      if (Number.isNaN(market.last)) market.early.push(data)
      else apply(market, data)
    },
    topicOf: ({ text }) => topic(/^\{"stream":"([^"]+)"/.exec(text)?.[1] ?? ''),
    retimed: (text) => text.replaceAll(/"([ET])":(\d{13})/g, (_, key: string, ms: string) => `"${key}":${Math.round(retime(Number(ms) * 1000) / 1000)}`),
    connected(client, url) {
      for (const stream of url.searchParams.get('streams')?.split('/') ?? []) client.topics.add(topic(stream))
    },
    said: () => undefined,
    answer(url) {
      if (url.pathname.endsWith('/depth')) return snapshot(url.searchParams.get('symbol') ?? '', Number(url.searchParams.get('limit') ?? 100))
      if (!url.pathname.endsWith('/exchangeInfo')) return undefined
      const symbols = [...instruments].map(([symbol, { tick, lot }]) => ({
        symbol, filters: [{ filterType: 'PRICE_FILTER', tickSize: digitsOf(tick) }, { filterType: 'LOT_SIZE', stepSize: digitsOf(lot) }],
      }))
      return JSON.stringify({ symbols })
    },
  }
}
