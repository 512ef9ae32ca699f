import type { BinanceMessage } from './binance-message.ts'

/**
 * Reads a parsed Binance message into `message`: any order of keys, any number JSON knows, unknown keys ignored.
 * Kind `other` when it is none that is used; `broken` when it is, but a field is missing or no number.
 */
export function readJson(json: unknown, message: BinanceMessage): void {
  if (!isRecord(json)) {
    message.kind = 'broken'
    return
  }
  const data = isRecord(json['data']) ? json['data'] : json
  if ('lastUpdateId' in data && 'bids' in data) readSnapshot(data, message)
  else if (data['e'] === 'trade') readTrade(data, message)
  else if (data['e'] === 'depthUpdate') readDepth(data, message)
  else if (data['e'] === 'bookTicker' || (data['e'] === undefined && 'B' in data && 'A' in data)) readQuote(data, message)
  else message.kind = 'other'
}

type Fields = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

function readTrade(data: Fields, message: BinanceMessage): void {
  message.kind = 'trade'
  message.eventUs = 1000 * whole(data['T'] ?? data['E'])
  message.tradeId = whole(data['t'])
  message.price = decimal(data['p'])
  message.quantity = decimal(data['q'])
  message.sold = data['m'] === true
  const { eventUs, tradeId, price, quantity } = message
  finish(message, data, typeof data['m'] === 'boolean' && isKnown(eventUs, tradeId, price, quantity))
}

function readDepth(data: Fields, message: BinanceMessage): void {
  message.kind = 'depth'
  message.eventUs = 1000 * whole(data['T'] ?? data['E'])
  message.first = whole(data['U'])
  message.last = whole(data['u'])
  if ('pu' in data) message.previous = whole(data['pu'])
  const sides = readSides(data['b'], data['a'], message)
  const previous = 'pu' in data ? message.previous : 0
  finish(message, data, sides && isKnown(message.eventUs, message.first, message.last, previous))
}

function readQuote(data: Fields, message: BinanceMessage): void {
  message.kind = 'quote'
  message.first = message.last = whole(data['u'])
  if ('T' in data) message.eventUs = 1000 * whole(data['T'])
  const sides = readSides([[data['b'], data['B']]], [[data['a'], data['A']]], message)
  finish(message, data, sides && isKnown(message.last, 'T' in data ? message.eventUs : 0))
}

function readSnapshot(data: Fields, message: BinanceMessage): void {
  message.kind = 'snapshot'
  message.first = message.last = whole(data['lastUpdateId'])
  const time = data['T'] ?? data['E']
  if (time !== undefined) message.eventUs = 1000 * whole(time)
  const sides = readSides(data['bids'], data['asks'], message)
  if (typeof data['symbol'] === 'string') message.symbol = data['symbol']
  if (!sides || !isKnown(message.last, time === undefined ? 0 : message.eventUs)) message.kind = 'broken'
}

function finish(message: BinanceMessage, data: Fields, good: boolean): void {
  const symbol = data['s']
  if (good && typeof symbol === 'string' && symbol !== '') message.symbol = symbol
  else message.kind = 'broken'
}

function readSides(bids: unknown, asks: unknown, message: BinanceMessage): boolean {
  if (!Array.isArray(bids) || !Array.isArray(asks)) return false
  let count = 0
  for (const level of [...bids, ...asks] as unknown[]) {
    if (!Array.isArray(level) || level.length < 2) return false
    const [price, quantity] = [decimal(level[0]), decimal(level[1])]
    if (Number.isNaN(price) || Number.isNaN(quantity)) return false
    message.push(count++, price, quantity)
  }
  message.bids = bids.length
  message.asks = asks.length
  return true
}

const isKnown = (...values: readonly number[]): boolean => values.every((value) => !Number.isNaN(value))

/** A finite number, written as a number or as decimal text; else NaN. */
function decimal(value: unknown): number {
  if (typeof value !== 'number' && (typeof value !== 'string' || !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value))) return NaN
  const number = Number(value)
  return Number.isFinite(number) ? number : NaN
}

const whole = (value: unknown): number => (typeof value === 'number' && Number.isSafeInteger(value) ? value : NaN)
