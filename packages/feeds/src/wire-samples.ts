/** What each exchange sends, in the order that makes a book, a change of it and a trade: material for fuzzing. */
export const SAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  KRAKEN: [
    [1, { as: [['101', '1', '1.5']], bs: [['100', '1', '1.5']] }, 'book-10', 'XBT/USD'],
    [1, { a: [['101', '0', '2.5']], c: '1' }, 'book-10', 'XBT/USD'],
    [1, [['100', '0.5', '2.5', 'b', 'l', '']], 'trade', 'XBT/USD'],
    { channel: 'book', type: 'snapshot', data: [{ symbol: 'A/B', bids: [{ price: 5, qty: 1 }], asks: [], checksum: 2_989_936_755 }] },
    {
      channel: 'book', type: 'update',
      data: [{ symbol: 'A/B', bids: [], asks: [{ price: 6, qty: 2 }], checksum: 1, timestamp: '2023-10-06T17:35:55.4Z' }],
    },
    {
      channel: 'trade', type: 'update',
      data: [{ symbol: 'A/B', side: 'buy', price: 5.5, qty: 1, trade_id: 7, timestamp: '2023-10-06T17:35:55.4Z' }],
    },
  ],
  OKX: [
    { arg: { channel: 'books', instId: 'A-B' }, action: 'snapshot', data: [{ bids: [['1', '1']], asks: [], ts: '5', seqId: 4, prevSeqId: -1 }] },
    { arg: { channel: 'books', instId: 'A-B' }, action: 'update', data: [{ bids: [['1', '2']], asks: [], ts: '6', seqId: 5, prevSeqId: 4 }] },
    { arg: { channel: 'trades', instId: 'A-B' }, data: [{ instId: 'A-B', tradeId: '1', px: '1', sz: '1', side: 'buy', ts: '7' }] },
  ],
  BITSTAMP_LOG: [
    ['order_book', { bids: [['1', '1']], asks: [['2', '1']] }],
    ['order_created', { price: '1', amount: '1', datetime: '5', id: 5, order_type: 0 }],
    ['trade', { price: 1, amount: 0.5, id: 1 }],
  ],
  COINBASE_BOOK: [2, 3].map((level) => ({
    product: 'A-B', level, captured_at: '2026-08-07T20:04:08Z', sequence: 1, bids: [['1', '1', 1]], asks: [],
  })),
  COINBASE: [
    ...['snapshot', 'update'].map((type, i) => ({
      channel: 'l2_data', timestamp: '2026-08-09T21:05:48.5Z', sequence_num: i,
      events: [{ type, product_id: 'A-B', updates: [{ side: 'bid', price_level: '1', new_quantity: '1' }] }],
    })),
    {
      channel: 'market_trades', timestamp: '2026-08-09T21:05:48.5Z', sequence_num: 2,
      events: [{ type: 'update', trades: [{ product_id: 'A-B', trade_id: '1', price: '1', size: '1', time: '2026-08-09T21:05:48Z', side: 'BUY' }] }],
    },
  ],
  BITMEX: [
    { table: 'orderBookL2', action: 'partial', data: [{ symbol: 'XBTUSD', id: 1, side: 'Buy', size: 1, price: 1.5 }] },
    { table: 'orderBookL2', action: 'update', data: [{ symbol: 'XBTUSD', id: 1, side: 'Buy', size: 2 }] },
    { table: 'trade', action: 'insert', data: [{ symbol: 'XBTUSD', timestamp: '2021-04-05T18:41:15Z', side: 'Buy', size: 1, price: 1.5 }] },
  ],
  BINANCE: ['depthUpdate', 'aggTrade', 'bookTicker'].map((e) => ({
    stream: 'x', data: { e, E: 5, s: 'BTCUSDT', U: 1, u: 2, b: [['1', '1']], a: [], p: '1', q: '1', T: 5, m: true },
  })),
  GEMINI: [
    { type: 'l2_updates', symbol: 'BTCUSD', changes: [['buy', '1', '1']] },
    { type: 'l2_updates', symbol: 'BTCUSD', changes: [['buy', '1', '0']] },
    { type: 'trade', symbol: 'BTCUSD', event_id: 1, timestamp: 5, price: '1', quantity: '1', side: 'buy' },
  ],
  KRAKEN_FUTURES: [
    { feed: 'book_snapshot', product_id: 'PI_XBTUSD', timestamp: 5, seq: 1, bids: [{ price: 1, qty: 1 }], asks: [] },
    { feed: 'book', product_id: 'PI_XBTUSD', side: 'buy', seq: 2, price: 1, qty: 0, timestamp: 5 },
    { feed: 'trade', product_id: 'PI_XBTUSD', side: 'buy', time: 5, qty: 1, price: 1 },
  ],
  BITSTAMP: [
    { event: 'data', channel: 'diff_order_book_btcusd', data: { microtimestamp: '5', bids: [['1', '1']], asks: [] } },
    { event: 'trade', channel: 'live_trades_btcusd', data: { type: 0, id: 1, microtimestamp: '5', price: 1, amount: 1 } },
  ],
  BITFLYER: ['board_snapshot', 'board'].map((kind) => ({
    method: 'channelMessage', params: { channel: `lightning_${kind}_BTC_JPY`, message: { bids: [{ price: 1, size: 1 }], asks: [] } },
  })),
  BYBIT: [
    { topic: 'orderbook.50.BTCUSDT', type: 'snapshot', ts: 5, data: { s: 'BTCUSDT', b: [['1', '1']], a: [], u: 5 } },
    { topic: 'orderbook.50.BTCUSDT', type: 'delta', ts: 5, data: { s: 'BTCUSDT', b: [['1', '0']], a: [], u: 6 } },
    { topic: 'orderBookL2_25.BTCUSD', type: 'snapshot', data: [{ price: '1', side: 'Buy', size: 1 }], timestamp_e6: 5 },
    { topic: 'orderBookL2_25.BTCUSD', type: 'delta', data: { delete: [], update: [], insert: [{ price: '2', side: 'Buy', size: 1 }] }, timestamp_e6: 5 },
    { topic: 'publicTrade.BTCUSDT', data: [{ T: 5, s: 'BTCUSDT', S: 'Buy', v: '1', p: '1', i: 'x' }] },
  ],
}
