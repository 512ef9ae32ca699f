import type { Listing, VenueDecoder, WireBookChange, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, isZero, Unreadable, type Fields } from '../wire-fields.ts'
import { dateCode } from '../wire-expiry.ts'
import { marketSymbol } from '../wire-symbol.ts'
import { isoTimeUs } from '../wire-time.ts'

/** A snapshot's side of at least so many levels was cut off. */
const DEPTH = 300

/**
 * bitFlyer Lightning, JSON-RPC. A board snapshot is the book and comes again every few seconds; board messages change it.
 * Nothing is numbered, and boards have no time of the venue: that of receipt stands for it. Levels at a price of 0 are
 * market orders in an auction and are left out. Executions without a side were made in one, and are not used.
 * @source bitFlyer Lightning API, "Realtime API"
 */
export class BitflyerDecoder implements VenueDecoder {
  readonly detectsLoss = false
  readonly #live = new Set<string>()

  receive({ json, receivedUs }: WireMessage): readonly WireEvent[] | undefined {
    const message = asFields(json)
    if (!('method' in message)) return 'result' in message ? [] : undefined
    const { channel, message: data } = asFields(message['params'])
    const [, kind, symbol = ''] = /^lightning_(board_snapshot|board|ticker|executions)_(\w+)$/.exec(asText(channel)) ?? []
    if (kind === 'executions') return asList(data).map(asFields).flatMap((one) => tradeOf(symbol, one))
    if (kind === 'board_snapshot') {
      const change = changeOf(symbol, receivedUs, 'snapshot', asFields(data))
      this.#live.add(symbol)
      return [change]
    }
    if (kind === 'board') {
      const change = changeOf(symbol, receivedUs, 'delta', asFields(data))
      return this.#live.has(symbol) ? [change] : []
    }
    return kind === 'ticker' ? [] : undefined
  }

  lose(symbol: string): void {
    this.#live.delete(symbol)
  }

  /** `BTC_JPY`, `FX_BTC_JPY` (a perpetual in JPY), `BTCJPY24DEC2021` (a future in JPY). */
  listing(symbol: string): Listing | undefined {
    const [, fx, base = '', quote = ''] = /^(FX_)?([A-Z]+)_([A-Z]+)$/.exec(symbol) ?? []
    const spot = fx === undefined
    if (base !== '') return listed(marketSymbol(base, quote, spot ? '' : quote), spot ? 'spot' : 'linear')
    const [, coin = '', day = '', month = '', year = ''] = /^([A-Z]+)JPY(\d\d)([A-Z]{3})20(\d\d)$/.exec(symbol) ?? []
    const expiry = dateCode(day, month, year)
    return expiry === '' ? undefined : listed(marketSymbol(coin, 'JPY', 'JPY', expiry), 'linear')
  }
}

const listed = (symbol: Listing['symbol'] | undefined, kind: Listing['kind'] & string): Listing | undefined =>
  symbol && { symbol, kind }

function changeOf(symbol: string, eventUs: number, update: 'snapshot' | 'delta', data: Fields): WireBookChange {
  const [bids, asks] = [sideOf(data['bids']), sideOf(data['asks'])]
  const partial = update === 'snapshot' && (bids.length >= DEPTH || asks.length >= DEPTH)
  return { kind: 'book', symbol, eventUs, update, bids, asks, ...(partial && { partial }) }
}

function sideOf(side: unknown): WireLevel[] {
  const levels = asList(side).map(asFields).map(({ price, size }): WireLevel => [asDigits(price), asDigits(size)])
  return levels.filter(([price]) => !isZero(price))
}

/** The side is the taker's. */
function tradeOf(symbol: string, { id, side, price, size, exec_date }: Fields): WireEvent[] {
  if (side === '') return []
  if (side !== 'BUY' && side !== 'SELL') throw new Unreadable('no side')
  const aggressor = side === 'BUY' ? 'buy' : 'sell'
  return [{
    kind: 'trade', symbol, eventUs: isoTimeUs(exec_date), price: asPrice(price), quantity: asPrice(size), aggressor,
    id: String(asWhole(id)),
  }]
}
