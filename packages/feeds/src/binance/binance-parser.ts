import { ByteCursor, FULL } from '../byte-cursor.ts'
import { receiveTimeUs } from '../receive-time.ts'
import { BinanceMessage } from './binance-message.ts'
import { readJson } from './binance-json.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const T = {
  stream: bytes('{"stream":"'), data: bytes(',"data":{'), end: bytes('}}'), close: bytes('}'),
  trade: bytes('"e":"trade","E":'), depth: bytes('"e":"depthUpdate","E":'), quote: bytes('"e":"bookTicker",'),
  t: bytes(',"t":'), p: bytes(',"p":'), q: bytes(',"q":'), T: bytes(',"T":'), E: bytes(',"E":'),
  x: bytes(',"X":"'), m: bytes(',"m":'), M: bytes(',"M":'), true: bytes('true'), false: bytes('false'),
  U: bytes(',"U":'), u: bytes(',"u":'), pu: bytes(',"pu":'), b: bytes(',"b":'), a: bytes(',"a":'),
  B: bytes(',"B":'), A: bytes(',"A":'), id: bytes('"u":'), restId: bytes('{"lastUpdateId":'),
  bids: bytes(',"bids":'), asks: bytes(',"asks":'),
  symbol: bytes(',"s":"'),
} as const

/**
 * Parses lines `<receive time, ns> <JSON>` of Binance captures: a byte parser for the shapes the venue sends,
 * JSON.parse for all others.
 */
export class BinanceParser {
  readonly message = new BinanceMessage()
  readonly #cursor = new ByteCursor()

  /** Parses the line in bytes [start, end) into `message`; what cannot be read has kind `broken`. */
  parse(line: Uint8Array, start: number, end: number): BinanceMessage {
    if (!this.parseBytes(line, start, end)) this.parseText(Buffer.from(line.subarray(start, end)).toString())
    return this.message
  }

  /** The byte parser alone; false when the line is of no shape it knows. */
  parseBytes(line: Uint8Array, start: number, end: number): boolean {
    const { message } = this
    message.clear()
    message.receivedUs = receiveTimeUs(line, start, end)
    if (Number.isNaN(message.receivedUs)) return false
    const cursor = this.#cursor
    cursor.reset(line, line.indexOf(32, start) + 1, end)
    if (cursor.skip(T.restId)) return this.#snapshot() && cursor.skip(T.close) && cursor.atEnd
    if (!cursor.skip(T.stream) || !cursor.skipWord() || !cursor.skip(T.data)) return false
    return this.#data() && cursor.skip(T.end) && cursor.atEnd
  }

  /** JSON.parse alone. */
  parseText(line: string): void {
    this.message.clear()
    const space = line.indexOf(' ')
    const received = line.slice(0, Math.max(0, space))
    if (!/^\d{4,19}$/.test(received)) return
    this.message.receivedUs = Number(received.slice(0, -3))
    if (!Number.isSafeInteger(this.message.receivedUs)) return
    try {
      readJson(JSON.parse(line.slice(space + 1)), this.message)
    } catch {
      this.message.kind = 'broken'
    }
  }

  #data(): boolean {
    const cursor = this.#cursor
    if (cursor.skip(T.depth)) return this.#depth()
    if (cursor.skip(T.trade)) return this.#trade()
    cursor.skip(T.quote)
    return cursor.skip(T.id) && this.#quote()
  }

  #trade(): boolean {
    const { message } = this
    const cursor = this.#cursor
    message.kind = 'trade'
    if (!this.#time() || !this.#optionalTime() || !this.#symbol() || !cursor.skip(T.t)) return false
    message.tradeId = cursor.integer()
    if (!cursor.skip(T.p)) return false
    message.price = cursor.decimal()
    if (!cursor.skip(T.q)) return false
    message.quantity = cursor.decimal()
    if (!this.#optionalTime() || (cursor.skip(T.x) && !cursor.skipWord()) || !cursor.skip(T.m)) return false
    message.sold = cursor.skip(T.true)
    if (!message.sold && !cursor.skip(T.false)) return false
    if (cursor.skip(T.M) && !cursor.skip(T.true) && !cursor.skip(T.false)) return false
    return known(message.eventUs, message.tradeId, message.price, message.quantity)
  }

  #depth(): boolean {
    const { message } = this
    const cursor = this.#cursor
    message.kind = 'depth'
    if (!this.#time() || !this.#optionalTime() || !this.#symbol() || !cursor.skip(T.U)) return false
    message.first = cursor.integer()
    if (!cursor.skip(T.u)) return false
    message.last = cursor.integer()
    const futures = cursor.skip(T.pu)
    if (futures) message.previous = cursor.integer()
    if (!cursor.skip(T.b) || !this.#side(true) || !cursor.skip(T.a) || !this.#side(false)) return false
    return known(message.eventUs, message.first, message.last, futures ? message.previous : 0)
  }

  #quote(): boolean {
    const { message } = this
    const cursor = this.#cursor
    message.kind = 'quote'
    message.first = message.last = cursor.integer()
    if (!this.#symbol() || !cursor.skip(T.b)) return false
    const bid = cursor.decimal()
    if (!cursor.skip(T.B)) return false
    const bidQuantity = cursor.decimal()
    if (!cursor.skip(T.a)) return false
    const ask = cursor.decimal()
    if (!cursor.skip(T.A)) return false
    const askQuantity = cursor.decimal()
    message.push(0, bid, bidQuantity)
    message.push(1, ask, askQuantity)
    message.bids = message.asks = 1
    if (!this.#optionalTime() || (cursor.skip(T.E) && Number.isNaN(cursor.integer()))) return false
    return known(message.last, bid + bidQuantity, ask + askQuantity, 0)
  }

  #snapshot(): boolean {
    const { message } = this
    const cursor = this.#cursor
    message.kind = 'snapshot'
    message.first = message.last = cursor.integer()
    if (cursor.skip(T.E) && !this.#time()) return false
    if (!this.#optionalTime() || !cursor.skip(T.bids) || !this.#side(true) || !cursor.skip(T.asks)) return false
    return this.#side(false) && known(message.last, 0, 0, 0)
  }

  /** `,"s":"…"` */
  #symbol(): boolean {
    return this.#cursor.skip(T.symbol) && (this.message.symbol = this.#cursor.word()) !== ''
  }

  /** Milliseconds. */
  #time(): boolean {
    this.message.eventUs = 1000 * this.#cursor.integer()
    return !Number.isNaN(this.message.eventUs)
  }

  /** `,"T":…`, which may be absent: the time of the transaction, preferred to that of the event. */
  #optionalTime(): boolean {
    return !this.#cursor.skip(T.T) || this.#time()
  }

  /** `[["price","quantity"],…]` */
  #side(bid: boolean): boolean {
    const { message } = this
    const cursor = this.#cursor
    const from = message.bids
    let count = cursor.pairs(message.levels, 2 * from)
    while (count === FULL) {
      message.grow()
      count = cursor.pairs(message.levels, 2 * from)
    }
    if (count < 0) return false
    if (bid) message.bids = count
    else message.asks = count
    return true
  }
}

const known = (a: number, b: number, c: number, d: number): boolean => !Number.isNaN(a + b + c + d)
