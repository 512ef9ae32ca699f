import { digitsOf, type Client, type Dialect, type DialectParts } from './dialect.ts'
import type { TapeRecord } from './tape.ts'
import { TrueBook, type Level } from './true-book.ts'

interface Message {
  readonly topic?: string
  readonly type?: 'snapshot' | 'delta'
  readonly ts?: number
  readonly data?: { readonly s: string; readonly u: number; readonly b: readonly Level[]; readonly a: readonly Level[] }
}

/** Bybit, v5. */
export function bybitDialect({ instruments, retime }: DialectParts): Dialect {
  const books = new Map<string, { readonly book: TrueBook; last: Message }>()
  const read = ({ text }: TapeRecord) => JSON.parse(text) as Message
  const moved = (text: string) =>
    text.replaceAll(/"(ts|cts|T)":(\d{13})/g, (_, key: string, ms: string) => `"${key}":${Math.round(retime(Number(ms) * 1000) / 1000)}`)
  const subscribe = (client: Client, topic: string) => {
    client.topics.add(topic)
    const known = books.get(topic)
    if (!known) return
    const { book, last } = known
    client.send(moved(JSON.stringify({ ...last, type: 'snapshot', data: { ...last.data, b: book.bids(), a: book.asks() } })))
  }
  return {
    reset: () => books.clear(),
    follow(record) {
      const message = record.kind === 'message' ? read(record) : {}
      const { topic = '', type, data } = message as Message
      if (!topic.startsWith('orderbook.') || !data) return
      if (type === 'snapshot') books.set(topic, { book: new TrueBook(), last: message as Message })
      const known = books.get(topic)
      known?.book.apply(data.b, data.a)
      if (known) known.last = message as Message
    },
    topicOf: (record) => read(record).topic ?? '',
    retimed: moved,
    connected: () => undefined,
    said(client, text) {
      const { op, args = [] } = JSON.parse(text) as { op: string; args?: readonly string[] }
      client.send(JSON.stringify({ success: true, ret_msg: op === 'ping' ? 'pong' : '', op }))
      if (op === 'subscribe') for (const topic of args) subscribe(client, topic)
      if (op === 'unsubscribe') for (const topic of args) client.topics.delete(topic)
    },
    answer(url) {
      const symbol = url.searchParams.get('symbol') ?? ''
      const known = instruments.get(symbol) ?? instruments.get(`spot:${symbol}`)
      const list = known ? [{ symbol, priceFilter: { tickSize: digitsOf(known.tick) }, lotSizeFilter: { qtyStep: digitsOf(known.lot) } }] : []
      return JSON.stringify({ retCode: 0, result: { list } })
    },
  }
}
