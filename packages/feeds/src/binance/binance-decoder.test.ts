import { instrument } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { BinanceDecoder } from './binance-decoder.ts'
import { BinanceParser } from './binance-parser.ts'

const parser = new BinanceParser()
const read = (json: string) => {
  const bytes = Buffer.from(`1700000000000000000 ${json}`)
  return parser.parse(bytes, 0, bytes.length)
}

// A gap empties the book of whoever hears of it: what came after it would change a book that is not there.
test.each([
  ['trade', '{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"100.55","q":"1","T":1,"m":true}'],
  ['trade', '{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"100.5","q":"0.5","T":1,"m":true}'],
  ['update', '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":11,"u":11,"b":[],"a":[["101.01","1"]]}'],
  ['snapshot', '{"lastUpdateId":20,"bids":[["99.5","0.5"]],"asks":[]}'],
])('a %s off the grid of the instrument is a gap, not a rounded number, and the book waits for a snapshot', (_, json) => {
  const decoder = new BinanceDecoder(instrument('BTC/USDT', { venue: 'x', tickSize: '0.1', lotSize: '1' }))
  expect(decoder.decode(read('{"lastUpdateId":10,"bids":[["99.5","1"]],"asks":[]}'), 1)).toMatchObject({ kind: 'book' })
  expect(decoder.decode(read(json), 2)).toMatchObject({ kind: 'gap', reason: 'finer-step', sourceSequence: 2 })
  const next = decoder.decode(read('{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":11,"u":12,"b":[],"a":[]}'), 3)
  expect(next).toBeUndefined()
  expect(decoder.decode(read('{"lastUpdateId":30,"bids":[["99.5","1"]],"asks":[]}'), 4)).toMatchObject({ kind: 'book' })
})
