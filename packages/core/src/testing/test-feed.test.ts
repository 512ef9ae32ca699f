import { expect, test } from 'vitest'
import { defineModule } from '../module/define.ts'
import { Orchestrator } from '../orchestrator.ts'
import type { MarketInput } from '../ports/source.ts'
import { fixtures } from './fixtures.ts'
import { symbolsOf, testPort } from './test-feed.ts'

/** What a module hears, in words. */
function listener() {
  const heard: string[] = []
  const module = defineModule({
    name: 'listener',
    version: '1.0.0',
    core: '*',
    candles: ['1m', '5m'],
    on: {
      trade: ({ sequence, price, quantity, aggressor, id }) =>
        void heard.push(`${sequence} ${aggressor} ${quantity}@${price} ${id}`),
      book: (book) => {
        const changes = Array.from(
          { length: book.changes },
          (_, i) => `${book.changeSide(i)} ${book.changePrice(i)} ${book.changePrevious(i)}>${book.changeQuantity(i)}`,
        )
        heard.push(
          `${book.sequence} ${book.kind} ${book.status} ${book.bestBid}/${book.bestAsk}: ${changes.join(', ')}`,
        )
      },
      'candle:close': ({ sequence, timeframe, closeTime, venue }) =>
        void heard.push(`${sequence} ${timeframe} ${closeTime} ${venue}`),
    },
  })
  return { heard, module }
}
const base = { symbol: 'BTC/USDT' as const }
const trade = (tsEvent: number, tsInit = tsEvent): MarketInput => ({
  kind: 'trade',
  ...base,
  tsEvent,
  tsInit,
  price: '1.5',
  quantity: '2',
  aggressor: 'sell',
  id: 'a',
})

async function run(
  events: readonly MarketInput[],
  options: { readonly boundary?: '100ms'; readonly until?: number } = {},
) {
  const { heard, module } = listener()
  const data = testPort(symbolsOf(events), events)
  const orchestrator = new Orchestrator({
    data,
    modules: [module],
    ...(options.boundary && { boundary: options.boundary }),
  })
  const boundaries: number[] = []
  orchestrator.on('decision', ({ asOf }) => boundaries.push(asOf))
  const rejects: string[] = []
  orchestrator.on('data:reject', ({ code, message }) => rejects.push(`${code} ${message}`))
  const report = await orchestrator.run(options.until === undefined ? {} : { until: options.until })
  return { heard, boundaries, rejects, report, orchestrator }
}

test('events get their sequence in the order of receipt, and decimal strings are numbers', async () => {
  const { heard, report } = await run([trade(2e6), trade(1e6)])
  expect(heard).toEqual(['1 sell 2@1.5 a', '2 sell 2@1.5 a'])
  expect(report.events).toEqual({ trade: 2, book: 0, candle: 0 })
})

test('a boundary ends each second of a symbol with trades, silent ones too', async () => {
  expect((await run([trade(0.5e6), trade(0.9e6), trade(3.2e6)])).boundaries).toEqual([1e6, 2e6, 3e6])
  expect((await run([trade(0), trade(0.25e6)], { boundary: '100ms' })).boundaries).toEqual([0.1e6, 0.2e6])
})

test('a venue clock that steps back makes no second boundary', async () => {
  expect((await run([trade(0.5e6), trade(1.5e6), trade(0.9e6, 1.6e6), trade(1.7e6), trade(2.1e6)])).boundaries).toEqual(
    [1e6, 2e6],
  )
})

test('without trades, the finest candles make the boundaries', async () => {
  const events = [
    ...fixtures.candles('BTC/USDT', '1m', { count: 5 }),
    ...fixtures.candles('BTC/USDT', '5m', { count: 1 }),
  ]
  const { heard, boundaries } = await run(events)
  expect(boundaries).toEqual([60e6, 120e6, 180e6, 240e6, 300e6])
  expect(heard.at(-1)).toBe('6 5m 300000000 test')
})

test('a book is applied before it is shown, with the quantities before', async () => {
  const { heard } = await run([
    { kind: 'book', ...base, tsEvent: 1, update: 'delta', bids: [[9, 1]], asks: [] },
    { kind: 'book', ...base, tsEvent: 2, update: 'snapshot', bids: [[9, 1]], asks: [[11, 2]] },
    {
      kind: 'book',
      ...base,
      tsEvent: 3,
      update: 'delta',
      bids: [
        [9, 3],
        [10, 1],
      ],
      asks: [],
    },
  ])
  expect(heard).toEqual(['2 snapshot live 9/11: bid 9 0>1, ask 11 0>2', '3 delta live 10/11: bid 9 1>3, bid 10 0>1'])
})

test('after a gap, deltas wait for the next snapshot', async () => {
  const { heard } = await run([
    { kind: 'book', ...base, tsEvent: 1, update: 'snapshot', bids: [[9, 1]], asks: [] },
    { kind: 'gap', ...base, tsEvent: 2, reason: 'lost' },
    { kind: 'book', ...base, tsEvent: 3, update: 'delta', bids: [[8, 1]], asks: [] },
    { kind: 'book', ...base, tsEvent: 4, update: 'snapshot', bids: [[7, 1]], asks: [] },
  ])
  expect(heard).toEqual(['1 snapshot live 9/NaN: bid 9 0>1', '4 snapshot live 7/NaN: bid 9 1>0, bid 7 0>1'])
})

test('what could not be read is told', async () => {
  expect((await run([trade(1), { kind: 'reject', code: 'x.y', raw: '{', tsEvent: 2 }])).rejects).toEqual(['x.y {'])
})

test('a run stops before its limit and goes on from there', async () => {
  const { heard, orchestrator } = await run([trade(1e6), trade(2e6), trade(3e6)], { until: 2e6 })
  expect(heard).toHaveLength(1)
  expect(orchestrator.progress()).toEqual({ done: 1, total: 3 })
  await orchestrator.run()
  expect(heard).toHaveLength(3)
})

test('there are no lanes for networks and no journal', async () => {
  const port = testPort(['BTC/USDT'], [trade(1)])
  await new Orchestrator({ data: port, modules: [] }).initialize()
  expect(() => port.feed.lanes.gather({} as never, 0, new Float32Array(), new Float32Array())).toThrow('feeds no lanes')
  await expect(port.feed.lanes.rebuild([])).rejects.toThrow('feeds no lanes')
  expect(() => port.feed.takeRecord()).toThrow('no journal')
  expect(await port.store.read({ table: 'ohlcv_1m', columns: [] })).toEqual({
    table: 'ohlcv_1m',
    length: 0,
    columns: {},
  })
})
