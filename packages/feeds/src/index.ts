export { captureSource } from './capture-source.ts'
export { feedCheck, type FeedCheck } from './feed-check.ts'
export { binanceFutures, binanceSpot } from './binance/binance-sequence.ts'
