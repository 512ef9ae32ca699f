import { recordedAnswer, type Client, type Dialect, type DialectParts } from './dialect.ts'
import type { TapeRecord } from './tape.ts'
import { TrueBook, type Level } from './true-book.ts'

interface Channel {
  readonly channel: string
  readonly instId: string
}
interface Change {
  readonly asks: readonly Level[]
  readonly bids: readonly Level[]
  readonly ts: string
  readonly checksum: number
}
interface Message {
  readonly arg?: Channel
  readonly action?: 'snapshot' | 'update'
  readonly data?: readonly Change[]
}

/** OKX, WebSocket v5: books by subscription; the checksum of a book is that of its last update. */
export function okxDialect({ tape, retime }: DialectParts): Dialect {
  const books = new Map<string, { readonly book: TrueBook; last: Change }>()
  const read = ({ text }: TapeRecord) => JSON.parse(text) as Message
  const topic = ({ channel, instId }: Channel) => `${channel} ${instId}`
  const moved = (text: string) =>
    text.replaceAll(/"ts":"(\d{13})"/g, (_, ms: string) => `"ts":"${Math.round(retime(Number(ms) * 1000) / 1000)}"`)
  const subscribe = (client: Client, channel: Channel) => {
    client.topics.add(topic(channel))
    const known = channel.channel === 'books' ? books.get(channel.instId) : undefined
    if (!known) return
    const { book, last } = known
    client.send(JSON.stringify({ event: 'subscribe', arg: channel }))
    const data = [{ asks: book.asks(), bids: book.bids(), ts: last.ts, checksum: last.checksum }]
    client.send(moved(JSON.stringify({ arg: channel, action: 'snapshot', data })))
  }
  return {
    reset: () => books.clear(),
    follow(record) {
      if (record.kind !== 'message') return
      const { arg, action, data = [] } = read(record)
      if (arg?.channel !== 'books') return
      for (const change of data) {
        if (action === 'snapshot') books.set(arg.instId, { book: new TrueBook(), last: change })
        const known = books.get(arg.instId)
        if (!known) continue
        known.book.apply(change.bids, change.asks)
        known.last = change
      }
    },
    topicOf(record) {
      const { arg } = read(record)
      return arg ? topic(arg) : ''
    },
    retimed: moved,
    connected: () => undefined,
    said(client, text) {
      if (text === 'ping') return client.send('pong')
      const { op, args } = JSON.parse(text) as { op: string; args: readonly Channel[] }
      if (op === 'subscribe') for (const channel of args) subscribe(client, channel)
      if (op === 'unsubscribe') for (const channel of args) client.topics.delete(topic(channel))
    },
    answer: (url) => recordedAnswer(tape, url),
  }
}
