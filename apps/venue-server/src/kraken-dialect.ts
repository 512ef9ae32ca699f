import type { Client, Dialect, DialectParts } from './dialect.ts'
import type { TapeRecord } from './tape.ts'
import { TrueBook, type Level } from './true-book.ts'

const DEPTH = 1000

interface Part {
  readonly as?: readonly Level[]
  readonly bs?: readonly Level[]
  readonly a?: readonly Level[]
  readonly b?: readonly Level[]
}
interface Said {
  readonly event: string
  readonly pair?: readonly string[]
  readonly subscription?: { readonly name: string }
}

/** Kraken, WebSocket v1: books by subscription, cut to their depth. */
export function krakenDialect({ instruments, retime }: DialectParts): Dialect {
  const books = new Map<string, { readonly id: number; readonly book: TrueBook }>()
  const read = ({ text }: TapeRecord) => JSON.parse(text) as unknown
  const follow = (message: unknown) => {
    if (!Array.isArray(message)) return
    const [channel, pair] = [message.at(-2) as string, message.at(-1) as string]
    if (!channel.startsWith('book-')) return
    for (const part of message.slice(1, -2) as readonly Part[]) {
      if (part.as || part.bs) books.set(pair, { id: message[0] as number, book: new TrueBook() })
      books.get(pair)?.book.apply(part.bs ?? part.b ?? [], part.as ?? part.a ?? [])
    }
    books.get(pair)?.book.cut(DEPTH)
  }
  const moved = (text: string) =>
    text.replaceAll(/"(\d{10}\.\d{4,6})"/g, (_, seconds: string) => `"${(retime(Number(seconds) * 1e6) / 1e6).toFixed(6)}"`)
  const subscribe = (client: Client, name: string, pair: string) => {
    client.topics.add(`${name} ${pair}`)
    const known = name === 'book' ? books.get(pair) : undefined
    if (!known) return
    client.send(JSON.stringify({ channelID: known.id, channelName: `book-${DEPTH}`, event: 'subscriptionStatus', pair, status: 'subscribed', subscription: { depth: DEPTH, name } }))
    client.send(moved(JSON.stringify([known.id, { as: known.book.asks(DEPTH), bs: known.book.bids(DEPTH) }, `book-${DEPTH}`, pair])))
  }
  return {
    reset: () => books.clear(),
    follow: (record) => void (record.kind === 'message' && follow(read(record))),
    topicOf(record) {
      const message = read(record)
      if (Array.isArray(message)) return `${(message.at(-2) as string).replace(/-\d+$/, '')} ${message.at(-1) as string}`
      const { event, pair, subscription } = message as Omit<Said, 'pair'> & { readonly pair?: string }
      return event === 'subscriptionStatus' ? `${subscription?.name} ${pair}` : ''
    },
    retimed: moved,
    connected: () => undefined,
    said(client, text) {
      const { event, pair = [], subscription } = JSON.parse(text) as Said
      if (event === 'ping') client.send('{"event":"pong"}')
      if (event === 'subscribe') for (const one of pair) subscribe(client, subscription?.name ?? '', one)
      if (event === 'unsubscribe') for (const one of pair) client.topics.delete(`${subscription?.name} ${one}`)
    },
    answer({ pathname }) {
      if (!pathname.endsWith('/AssetPairs')) return undefined
      const places = (scale: number) => String(scale).length - 1
      const pairs = [...instruments].map(([wsname, { tick, lot }]) =>
        [wsname.replace('/', ''), { wsname, pair_decimals: places(tick.scale), lot_decimals: places(lot.scale) }])
      return JSON.stringify({ error: [], result: Object.fromEntries(pairs) as object })
    },
  }
}
