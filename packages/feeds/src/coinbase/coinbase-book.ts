import type { Listing, VenueDecoder, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, isZero, Unreadable, type Fields } from '../wire-fields.ts'
import type { WireRecord } from '../wire-record.ts'
import { isoTimeUs } from '../wire-time.ts'
import { CoinbaseDecoder } from './coinbase-decoder.ts'

/** Takes a JSON object with product, time and sides as a message received when the book was captured; undefined when it is none. */
export function readBookRecord(fields: Fields, line: string): WireRecord | undefined {
  if (typeof fields['product'] !== 'string' || !('bids' in fields) || !('asks' in fields)) return undefined
  try {
    return { type: 'message', connection: 'rest', data: line, receivedUs: isoTimeUs(fields['captured_at']) }
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}

/**
 * Whole books of Coinbase's REST interface, one a line: rows `[price, size, number of orders]`, or of single orders
 * (`level` 3) `[price, size, order id]`, which are summed.
 * @source Coinbase Exchange API, "Get product book"
 */
export class CoinbaseBookDecoder implements VenueDecoder {
  readonly detectsLoss = false
  readonly #names = new CoinbaseDecoder()

  receive({ json, receivedUs }: WireMessage): readonly WireEvent[] {
    const data = asFields(json)
    const orders = data['level'] === 3
    const [bids, asks] = [sideOf(data['bids'], orders), sideOf(data['asks'], orders)]
    const isCut = data['truncated'] === true || data['level'] === 1 || typeof data['l3_depth'] === 'number'
    const symbol = asText(data['product'])
    return [{ kind: 'book', symbol, eventUs: receivedUs, update: 'snapshot', bids, asks, ...(isCut && { partial: true }) }]
  }

  lose(): void {
    // Each book stands for itself.
  }

  listing(symbol: string): Listing | undefined {
    return this.#names.listing(symbol)
  }
}

function sideOf(rows: unknown, areOrders: boolean): WireLevel[] {
  const levels = asList(rows).map(asList).map(([price, size]): WireLevel => [asPrice(price), asDigits(size)])
  return (areOrders ? summed(levels) : levels).filter(([, size]) => !isZero(size))
}

/** Orders of one price as one level, exactly: digits are added as whole numbers. */
function summed(orders: readonly WireLevel[]): WireLevel[] {
  const places = Math.max(0, ...orders.map(([, size]) => size.split('.')[1]?.length ?? 0))
  const units = (size: string) => {
    const [whole = '0', fraction = ''] = size.split('.')
    return BigInt(whole + fraction.padEnd(places, '0'))
  }
  const sums = new Map<string, bigint>()
  for (const [price, size] of orders) sums.set(price, (sums.get(price) ?? 0n) + units(size))
  return [...sums].map(([price, sum]) => {
    const digits = String(sum).padStart(places + 1, '0')
    return [price, places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`] as const
  })
}
