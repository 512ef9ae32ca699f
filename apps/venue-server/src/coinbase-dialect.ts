import { digitsOf, type Client, type Dialect, type DialectParts } from './dialect.ts'
import type { TapeRecord } from './tape.ts'
import { TrueBook, type Level } from './true-book.ts'

interface Update {
  readonly side: 'bid' | 'offer'
  readonly price_level: string
  readonly new_quantity: string
}
interface Message {
  readonly channel: string
  readonly timestamp: string
  readonly events: readonly { readonly type: string; readonly product_id: string; readonly updates: readonly Update[] }[]
}

/** Coinbase Advanced Trade: messages are numbered for each client anew, over all its channels. */
export function coinbaseDialect({ instruments, retime }: DialectParts): Dialect {
  const books = new Map<string, TrueBook>()
  const numbers = new WeakMap<Client, number>()
  let timestamp = ''
  const channelOf = ({ text }: TapeRecord) => /^\{"channel":"([^"]+)"/.exec(text)?.[1] ?? ''
  const moved = (text: string) => text.replaceAll(/"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"/g, (_, iso: string) =>
    `"${new Date(retime(Date.parse(iso) * 1000) / 1000).toISOString()}"`)
  const numbered = (client: Client) => {
    const send = client.send.bind(client)
    numbers.set(client, 0)
    client.skip = () => void numbers.set(client, (numbers.get(client) ?? 0) + 1)
    client.send = (text) => {
      const number = numbers.get(client) ?? 0
      numbers.set(client, number + 1)
      send(text.replace(/"sequence_num":\d+/, `"sequence_num":${number}`))
    }
  }
  const snapshot = (client: Client, product: string) => {
    const book = books.get(product)
    if (!book) return
    const update = (side: Update['side']) => ([price_level, new_quantity]: Level) =>
      ({ side, event_time: timestamp, price_level, new_quantity })
    const updates = [...book.bids().map(update('bid')), ...book.asks().map(update('offer'))]
    const events = [{ type: 'snapshot', product_id: product, updates }]
    client.send(moved(JSON.stringify({ channel: 'l2_data', timestamp, sequence_num: 0, events })))
  }
  return {
    reset: () => books.clear(),
    follow(record) {
      if (record.kind !== 'message' || channelOf(record) !== 'l2_data') return
      const message = JSON.parse(record.text) as Message
      timestamp = message.timestamp
      for (const { type, product_id, updates } of message.events) {
        if (type === 'snapshot') books.set(product_id, new TrueBook())
        const on = (side: Update['side']) => updates.filter((one) => one.side === side).map((one): Level => [one.price_level, one.new_quantity])
        books.get(product_id)?.apply(on('bid'), on('offer'))
      }
    },
    topicOf: channelOf,
    retimed: moved,
    connected: numbered,
    said(client, text) {
      const { type, channel, product_ids } = JSON.parse(text) as { type: string; channel: string; product_ids: readonly string[] }
      if (type !== 'subscribe') return
      client.topics.add(channel === 'level2' ? 'l2_data' : channel)
      client.topics.add('subscriptions')
      if (channel === 'level2') for (const product of product_ids) snapshot(client, product)
    },
    answer({ pathname }) {
      const product = pathname.split('/').at(-1) ?? ''
      const known = instruments.get(product)
      return known && JSON.stringify({ product_id: product, price_increment: digitsOf(known.tick), base_increment: digitsOf(known.lot) })
    },
  }
}
