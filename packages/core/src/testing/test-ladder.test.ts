import { expect, test } from 'vitest'
import { TestLadder } from './test-ladder.ts'

const ladder = () => {
  const one = new TestLadder()
  one.apply(
    'snapshot',
    [
      [99, 1],
      ['98', '2'],
    ],
    [
      [101, 3],
      [102, 4],
    ],
  )
  return one
}

test('an empty book has no price', () => {
  const { bestBid, bestAsk, midPrice, bestBidQuantity, bestAskQuantity, status } = new TestLadder()
  expect([bestBid, bestAsk, midPrice, bestBidQuantity, bestAskQuantity, status]).toEqual([
    NaN,
    NaN,
    NaN,
    NaN,
    NaN,
    'empty',
  ])
})

test('the best prices lead, whatever the order they came in', () => {
  const one = ladder()
  one.apply('delta', [[99.5, 7]], [[100.5, 8]])
  expect([one.bestBid, one.bestBidQuantity, one.bestAsk, one.bestAskQuantity, one.midPrice]).toEqual([
    99.5, 7, 100.5, 8, 100,
  ])
})

test('changes carry the quantity before, and 0 deletes', () => {
  const one = ladder()
  expect(
    one.apply(
      'delta',
      [
        [99, 5],
        [98, 0],
      ],
      [[103, 1]],
    ),
  ).toEqual([
    { side: 'bid', price: 99, quantity: 5, previous: 1 },
    { side: 'bid', price: 98, quantity: 0, previous: 2 },
    { side: 'ask', price: 103, quantity: 1, previous: 0 },
  ])
  expect(one.apply('delta', [[98, 0]], [])).toEqual([{ side: 'bid', price: 98, quantity: 0, previous: 0 }])
})

test('a snapshot deletes what it does not list, and says so', () => {
  const one = ladder()
  const changes = one.apply('snapshot', [[99, 1]], [])
  expect(changes.filter(({ quantity }) => quantity === 0).map(({ price }) => price)).toEqual([98, 101, 102])
  expect([one.bestBid, one.bestAsk]).toEqual([99, NaN])
})

test('depth writes no more than it is asked for, and no more than fits', () => {
  const [prices, quantities] = [new Float64Array(3), new Float64Array(1)]
  expect(ladder().depth('ask', 2, prices, prices.slice())).toBe(2)
  expect([...prices]).toEqual([101, 102, 0])
  expect(ladder().depth('bid', 5, prices, quantities)).toBe(1)
})

test('a restored ladder is the one that was saved', () => {
  const [one, other] = [ladder(), new TestLadder()]
  one.status = 'gap'
  other.restore(one.snapshot())
  expect(other.snapshot()).toEqual(one.snapshot())
  expect(other.bestBid).toBe(99)
})
