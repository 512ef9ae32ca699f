import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BinanceMessage } from './binance-message.ts'
import { BinanceParser } from './binance-parser.ts'

const plain = (message: BinanceMessage) => {
  const { levels, ...rest } = message
  return { ...rest, levels: [...levels.subarray(0, 2 * (message.bids + message.asks))] }
}
const parser = new BinanceParser()
/** What the byte parser makes of a line among others, where it must be the same as of the line alone. */
function fast(line: string) {
  const [alone, among] = [Buffer.from(line), Buffer.from(`junk\n${line}\n1"]}`)]
  const got = parser.parseBytes(alone, 0, alone.length) ? plain(parser.message) : undefined
  const again = parser.parseBytes(among, 5, among.length - 5) ? plain(parser.message) : undefined
  expect(again).toEqual(got)
  return got
}
function slow(line: string) {
  parser.parseText(line)
  return plain(parser.message)
}
function read(line: string) {
  const bytes = Buffer.from(line)
  return plain(parser.parse(bytes, 0, bytes.length))
}

const RECEIVED = '1723161254087896568'
const line = (stream: string, data: string) => `${RECEIVED} {"stream":"btcusdt@${stream}","data":{${data}}}`
const spotTrade = line('trade', '"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true')
const futuresTrade = line('trade', '"e":"trade","E":1723161256322,"T":1723161256321,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false')
const spotQuote = line('bookTicker', '"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"')
const futuresQuote = line('bookTicker', '"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256314')
const spotDepth = line('depth@100ms', '"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,"u":50093239202,"b":[["61737.63000000","0.00000000"],["61730.17000000","1.00000000"]],"a":[]')
const futuresDepth = line('depth@0ms', '"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[],"a":[["58710.20","0.014"]]')
const spotSnapshot = `${RECEIVED} {"lastUpdateId":50093239218,"bids":[["61837.63000000","3.78826000"]],"asks":[["61837.64","1"],["61837.65","2"]]}`
const futuresSnapshot = `${RECEIVED} {"lastUpdateId":5123107852948,"E":1723161256501,"T":1723161256493,"bids":[["61800.20","2.909"]],"asks":[]}`
const recorded = { spotTrade, futuresTrade, spotQuote, futuresQuote, spotDepth, futuresDepth, spotSnapshot, futuresSnapshot }

describe('BinanceParser', () => {
  test.each(Object.entries(recorded))('%s: the byte parser reads what JSON.parse reads', (_, text) => {
    expect(fast(text)).toEqual(slow(text))
    expect(slow(text).kind).not.toBe('broken')
  })

  test('reads a trade: the time of the transaction, the seller as aggressor when the buyer was the maker', () => {
    expect(read(spotTrade)).toMatchObject({
      kind: 'trade', receivedUs: 1723161254087896, eventUs: 1723161255342e3, symbol: 'BTCUSDT', tradeId: 3735683259,
      price: 61837.63, quantity: 0.02, sold: true,
    })
    expect(read(futuresTrade)).toMatchObject({ eventUs: 1723161256321e3, sold: false })
  })

  test('reads updates with their ids', () => {
    expect(read(futuresDepth)).toMatchObject({
      kind: 'depth', first: 5123107832006, last: 5123107837557, previous: 5123107831937, bids: 0, asks: 1, levels: [58710.2, 0.014],
    })
    expect(read(spotDepth)).toMatchObject({ previous: NaN, eventUs: 1723161255208e3, bids: 2, asks: 0 })
    expect(read(spotQuote)).toMatchObject({ kind: 'quote', last: 50093239212, levels: [61837.63, 3.78826, 61837.64, 1.54698] })
    expect(read(spotSnapshot)).toMatchObject({ kind: 'snapshot', symbol: '', last: 50093239218, bids: 1, asks: 2, eventUs: NaN })
  })

  test.each([
    ['keys in another order', line('trade', '"s":"BTCUSDT","e":"trade","E":1,"t":2,"p":"3","q":"4","T":5,"m":true')],
    ['spaces', spotTrade.replaceAll(',', ', ')],
    ['an escape', spotTrade.replace('"e":"trade"', '"e":"tr\\u0061de"')],
    ['an exponent', spotTrade.replace('"0.02000000"', '"2e-2"')],
    ['17 digits', spotTrade.replace('61837.63000000', '61837.630000000001')],
    ['a price that is a number', spotTrade.replace('"61837.63000000"', '61837.63')],
    ['no stream around it', `${RECEIVED} ${spotTrade.slice(spotTrade.indexOf('"data":') + 7, -1)}`],
    ['an unknown key', spotTrade.replace('"M":true', '"Z":[1,{}]')],
    ['a coin-margined snapshot', `${RECEIVED} {"lastUpdateId":5,"E":6,"T":7,"symbol":"BTCUSD_PERP","pair":"BTCUSD","bids":[],"asks":[]}`],
  ])('%s: left to JSON.parse, and read', (_, text) => {
    expect(fast(text)).toBeUndefined()
    expect(read(text)).toEqual(slow(text))
    expect(read(text).kind).not.toBe('broken')
  })

  test.each(Object.entries(recorded))('%s: cut off anywhere it is broken, and the byte parser comes to an end', (_, text) => {
    for (let length = 0; length < text.length; length++) expect(read(text.slice(0, length)).kind).toBe('broken')
  })

  test.each([
    ['no time', spotTrade.slice(20)],
    ['a short time', `123 ${spotTrade.slice(20)}`],
    ['a time that is no number', spotTrade.replace(RECEIVED, '17231612540878965x8')],
    ['a time beyond whole numbers', spotTrade.replace(RECEIVED, '9999999999999999999')],
    ['a cut line', spotDepth.slice(0, -9)],
    ['text behind', `${spotTrade}x`],
    ['an empty price', spotTrade.replace('61837.63000000', '')],
    ['a price in words', spotTrade.replace('61837.63000000', 'high')],
    ['a hexadecimal price', spotTrade.replace('61837.63000000', '0x10')],
    ['an infinite price', spotTrade.replace('61837.63000000', '1e999')],
    ['no maker', spotTrade.replace('"m":true', '"m":1')],
    ['no symbol', spotTrade.replace('"BTCUSDT"', 'null')],
    ['an id that is no whole number', spotDepth.replace('50093239202', '5009.5')],
    ['a level without quantity', spotDepth.replace(',"0.00000000"', '')],
    ['a level that is none', spotDepth.replace('"a":[]', '"a":[7]')],
    ['a side that is none', spotDepth.replace('"a":[]', '"a":{}')],
    ['a snapshot without asks', `${RECEIVED} {"lastUpdateId":5,"bids":[]}`],
    ['a list', `${RECEIVED} []`],
    ['nothing', ''],
  ])('%s: broken', (_, text) => {
    expect(fast(text)).toBeUndefined()
    expect(read(text).kind).toBe('broken')
  })

  test('JSON of another kind is known as such', () => {
    expect(read(`${RECEIVED} {"result":null,"id":1}`).kind).toBe('other')
    expect(read(line('aggTrade', '"e":"aggTrade"')).kind).toBe('other')
  })

  const digits = (max: number) => fc.array(fc.constantFrom(...'0123456789'), { minLength: 1, maxLength: max }).map((all) => all.join(''))
  const decimalText = fc.oneof(
    fc.tuple(digits(8), digits(8)).map(([whole, part]) => `${whole}.${part}`),
    digits(18),
    fc.tuple(digits(20), digits(20)).map(([whole, part]) => `${whole}.${part}`),
    fc.constantFrom('', '.', '1.', '.5', '-1', '+1', '1e5', '1E-7', ' 1', '1 ', '0', '00', '0.0', '1..2', 'NaN', '0x1'),
  )
  const level = fc.tuple(decimalText, decimalText).map(([p, q]) => `["${p}","${q}"]`)
  const side = fc.array(level, { maxLength: 5 }).map((levels) => `[${levels.join(',')}]`)
  const integerText = fc.oneof(digits(13), digits(17), fc.constantFrom('0', '01', '-1', '1.5', '1e3', '"1"', 'null', ''))
  const symbol = fc.constantFrom('BTCUSDT', '', 'B\\u0054C', 'Ü', 'X"Y')
  const message = fc.oneof(
    fc.tuple(integerText, symbol, integerText, decimalText, decimalText, fc.constantFrom('true', 'false', '1')).map(
      ([E, s, t, p, q, m]) => line('trade', `"e":"trade","E":${E},"s":"${s}","t":${t},"p":"${p}","q":"${q}","T":${E},"m":${m},"M":true`),
    ),
    fc.tuple(integerText, symbol, integerText, side, side).map(
      ([E, s, u, b, a]) => line('depth', `"e":"depthUpdate","E":${E},"T":1,"s":"${s}","U":1,"u":${u},"pu":${u},"b":${b},"a":${a}`),
    ),
    fc.tuple(integerText, side, side).map(([id, b, a]) => `${RECEIVED} {"lastUpdateId":${id},"E":5,"bids":${b},"asks":${a}}`),
    fc.tuple(integerText, symbol, decimalText, decimalText).map(
      ([u, s, p, q]) => line('bookTicker', `"u":${u},"s":"${s}","b":"${p}","B":"${q}","a":"${q}","A":"${p}"`),
    ),
  )
  /** Cuts, doubles, replaces: what a broken recording does to a line. */
  const damaged = fc.tuple(fc.constantFrom(...Object.values(recorded)), fc.nat(400), fc.nat(3), fc.constantFrom(...'{}[]":,.0 9\\ntrue')).map(
    ([text, place, kind, character]) => {
      const at = place % text.length
      const rest = kind === 0 ? text.slice(at + 1) : kind === 1 ? character + text.slice(at) : kind === 2 ? character + text.slice(at + 1) : ''
      return text.slice(0, at) + rest
    },
  )

  test('whatever the byte parser accepts, JSON.parse and Number read the same (20,000 messages)', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof(message, damaged), (text) => {
        const got = fast(text)
        if (!got) return
        accepted++
        expect(got).toEqual(slow(text))
        expect(got.kind).not.toBe('broken')
      }),
      { numRuns: 20_000 },
    )
    expect(accepted).toBeGreaterThan(1000)
  })

  test('prices with up to 15 digits are the doubles that Number makes', () => {
    const value = fc.tuple(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 0, max: 99_999_999 }), fc.integer({ min: 1, max: 8 }))
    fc.assert(
      fc.property(value, ([whole, part, places]) => {
        const text = `${whole}.${String(part).padStart(8, '0').slice(0, places)}`
        const got = fast(spotTrade.replace('61837.63000000', text))
        expect(got?.price).toBe(Number(text))
      }),
      { numRuns: 5000 },
    )
  })

  test('a message may have more levels than the buffer at first', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `["${i + 1}.5","1"]`).join(',')
    const got = read(`${RECEIVED} {"lastUpdateId":5,"bids":[${many}],"asks":[["9999","1"]]}`)
    expect([got.bids, got.levels[0], got.levels[9998], got.levels[10_000]]).toEqual([5000, 1.5, 5000.5, 9999])
  })
})
