import { describe, expect, test } from 'vitest'
import { WireFeed } from '../wire-feed.ts'
import { BitstampLogDecoder, readLogRecord } from './bitstamp-log.ts'

const order = (kind: string, id: number, order_type: number, amount: string, price = '236.47') =>
  `1430438404518 order_${kind} ${JSON.stringify({ price, amount, datetime: '1430438404', id, order_type })}`
const trade = (amount: number, price = 236.47) => `1430438404645 trade ${JSON.stringify({ price, amount, id: 8_111_041 })}`
const picture = (bids: string[][], asks: string[][]) => `1430438405885 order_book ${JSON.stringify({ bids, asks })}`
function read(...lines: string[]) {
  const feed = new WireFeed(new BitstampLogDecoder('data/bitstamp_BTCUSD_2015-05-01_events.log.gz'))
  return lines.flatMap((line) => feed.read(line))
}
const aggressors = (...lines: string[]) => read(...lines).flatMap((event) => (event.kind === 'trade' ? [event.aggressor] : []))

describe('the log of single orders', () => {
  test('a picture is the book, cut off when it shows twenty levels', () => {
    const levels = Array.from({ length: 20 }, (_, i) => [String(100 - i), '1.50000000'])
    expect(read(picture([['236.47', '1.78855669']], [['236.64', '3.7']]), picture(levels, []))).toMatchObject([
      { kind: 'book', symbol: 'btcusd', update: 'snapshot', eventUs: 1_430_438_405_885_000, bids: [['236.47', '1.78855669']], asks: [['236.64', '3.7']] },
      { partial: true, bids: levels },
    ])
  })

  test('of the two orders of a trade the newer one took; its amount has eight decimals', () => {
    const orders = [order('created', 7, 1, '0.21144331'), order('created', 9, 0, '2.00000000'), order('changed', 9, 0, '1.78855669'), order('deleted', 7, 1, '0.00000000')]
    expect(read(...orders, trade(0.21144331).replace('0.21144331', '0.2114433100000001'))).toEqual([
      { kind: 'trade', symbol: 'btcusd', eventUs: 1_430_438_404_645_000, price: '236.47', quantity: '0.21144331', id: '8111041', aggressor: 'buy' },
    ])
    expect(aggressors(...orders.map((line) => line.replace('"id":9', '"id":5')), trade(0.21144331))).toEqual(['sell'])
  })

  test('withdrawn orders took nothing', () => {
    expect(aggressors(
      order('created', 7, 1, '0.5'), order('created', 9, 0, '0.5'), order('deleted', 7, 1, '0.5'), order('deleted', 9, 0, '0.5'),
      picture([['236', '1']], [['237', '1']]), trade(0.5, 236.2),
    )).toEqual(['sell'])
  })

  test('where no order was seen, the last picture tells, and at its middle the trade before', () => {
    expect(aggressors(trade(1), picture([['236', '1']], [['237', '1']]), trade(1, 236.8), trade(1, 236.5), trade(1, 236.5), trade(1, 236.4))).toEqual(
      ['buy', 'buy', 'sell', 'sell', 'sell'],
    )
  })

  test('a line of another form is a reject, and so is an order without a side', () => {
    expect(readLogRecord('1430438404518 order_lost {}')).toBeUndefined()
    expect(read('1430438404518 trade', order('created', 1, 3, '1'), '1430438404518 trade {]}')).toMatchObject([
      { code: 'feed.broken' }, { code: 'feed.broken' }, { code: 'feed.broken' },
    ])
  })

  test('the file must name the symbol', () => {
    expect(() => new BitstampLogDecoder('2015-05-01.log')).toThrow('does not say whose orders it holds')
    const decoder = new BitstampLogDecoder('x_ETHEUR.log')
    expect(decoder.listing('etheur')).toEqual({ symbol: 'ETH/EUR', kind: 'spot' })
    decoder.lose()
  })
})
