import { createRandom } from '../host/random.ts'
import type { MarketInput } from '../ports/source.ts'
import { durationUs, timeframeUs, type Duration } from '../vocabulary/duration.ts'
import { fromGrid, gridOf } from '../vocabulary/instrument.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'

/** Prices of fixtures lie on 0.01, quantities on 0.0001. */
const TICK = gridOf('0.01', 'fixtures')
const LOT = gridOf('0.0001', 'fixtures')
const START_TICKS = 6_000_000
const LEVELS = 20

const price = (ticks: number) => fromGrid(TICK, ticks)
const quantity = (lots: number) => fromGrid(LOT, lots)
/** Can be iterated again and again, with the same events each time. */
const repeatable = (events: () => Iterator<MarketInput>): Iterable<MarketInput> => ({ [Symbol.iterator]: events })

/** What a fixture of trades may be asked for. */
interface TradesSpec {
  readonly count?: number
  readonly seed?: number
  /** The exact distance of neighbours; absent: 1 s on average, now and then several at once. */
  readonly every?: Duration
  readonly aggressor?: 'buy' | 'sell'
  /** Time of the first trade, after 1970; absent: 0. */
  readonly from?: Duration
}

function* trades(symbol: MarketSymbol, spec: TradesSpec): Generator<MarketInput, void> {
  const { count = 5000, seed = 1, every, aggressor: side, from } = spec
  const random = createRandom(seed, 'fixtures.trades', symbol)
  const everyUs = every === undefined ? undefined : durationUs(every)
  let [tsEvent, ticks] = [from === undefined ? 0 : durationUs(from), START_TICKS]
  for (let i = 1; i <= count; i++) {
    ticks = Math.max(1000, ticks + Math.round(150 * random.normal()))
    const aggressor = side ?? (random.next() < 0.5 ? 'buy' : 'sell')
    const paid = aggressor === 'buy' ? ticks + 50 : ticks - 50
    const lots = 1 + Math.floor(2000 * Math.exp(1.2 * random.normal()))
    yield {
      kind: 'trade',
      symbol,
      tsEvent,
      sourceSequence: i,
      price: price(paid),
      quantity: quantity(lots),
      aggressor,
      id: String(i),
    }
    const gapUs = random.next() < 0.05 ? 0 : Math.round(1e6 * (0.2 + 1.6 * random.next()))
    tsEvent += everyUs ?? gapUs
  }
}

function* candles(
  symbol: MarketSymbol,
  timeframe: `${number}${'s' | 'm' | 'h' | 'd'}`,
  { count = 24_000, seed = 1 }: { readonly count?: number; readonly seed?: number },
): Generator<MarketInput, void> {
  const random = createRandom(seed, 'fixtures.candles', symbol)
  const lengthUs = timeframeUs(timeframe)
  let close = START_TICKS
  for (let i = 0; i < count; i++) {
    const open = close
    close = Math.max(1000, Math.round(open * (1 + 5e-4 * random.normal())))
    const high = Math.max(open, close) + random.integer(2000)
    const low = Math.max(1, Math.min(open, close) - random.integer(900))
    const lots = 1 + Math.floor(100_000 * Math.exp(random.normal()))
    yield {
      kind: 'candle',
      symbol,
      timeframe,
      openTime: i * lengthUs,
      tsEvent: (i + 1) * lengthUs,
      sourceSequence: i + 1,
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
      volume: quantity(lots),
    }
  }
}

function* book(
  symbol: MarketSymbol,
  { count = 5000, seed = 1 }: { readonly count?: number; readonly seed?: number },
): Generator<MarketInput, void> {
  const random = createRandom(seed, 'fixtures.book', symbol)
  const lots = () => quantity(1 + Math.floor(5000 * Math.exp(random.normal())))
  const ladder = (mid: number) => ({
    bids: Array.from({ length: LEVELS }, (_, i) => [price(mid - 50 - 100 * i), lots()] as const),
    asks: Array.from({ length: LEVELS }, (_, i) => [price(mid + 50 + 100 * i), lots()] as const),
  })
  let mid = START_TICKS
  for (let i = 1; i <= count; i++) {
    const base = { kind: 'book' as const, symbol, tsEvent: 100_000 * i, sourceSequence: i }
    const move = random.next() < 0.1 ? (random.next() < 0.5 ? 100 : -100) : 0
    if (i % 1000 === 1) yield { ...base, update: 'snapshot' as const, ...ladder(mid) }
    else if (move === 0)
      yield { ...base, update: 'delta' as const, ...resized(mid, lots, () => random.integer(LEVELS)) }
    else yield { ...base, update: 'delta' as const, ...moved((mid = Math.max(10_000, mid + move)), move, lots) }
  }
}

/** One bid and one ask level get another quantity. */
const resized = (mid: number, lots: () => number, level: () => number) => ({
  bids: [[price(mid - 50 - 100 * level()), lots()] as const],
  asks: [[price(mid + 50 + 100 * level()), lots()] as const],
})
/** The touch moves by one level: one is taken, one is added on the other side, the far ends follow. */
function moved(mid: number, move: number, lots: () => number) {
  const [bid, ask, far] = [mid - 50, mid + 50, 100 * (LEVELS - 1)]
  return move > 0
    ? {
        bids: [
          [price(bid), lots()],
          [price(bid - far - 100), 0],
        ] as const,
        asks: [
          [price(ask - 100), 0],
          [price(ask + far), lots()],
        ] as const,
      }
    : {
        bids: [
          [price(bid + 100), 0],
          [price(bid - far), lots()],
        ] as const,
        asks: [
          [price(ask), lots()],
          [price(ask + far + 100), 0],
        ] as const,
      }
}

/** Seeded market events for tests: the same arguments give the same events, as often as they are iterated. */
export const fixtures = {
  /** A random walk of trades around 60,000; 5,000 over some 80 minutes. */
  trades: (symbol: MarketSymbol, spec: TradesSpec = {}): Iterable<MarketInput> =>
    repeatable(() => trades(symbol, spec)),
  /** Closed candles of a random walk from 60,000, without gaps; 24,000. */
  candles: (
    symbol: MarketSymbol,
    timeframe: `${number}${'s' | 'm' | 'h' | 'd'}`,
    spec: { readonly count?: number; readonly seed?: number } = {},
  ): Iterable<MarketInput> => repeatable(() => candles(symbol, timeframe, spec)),
  /** A book of 20 levels a side, 1.00 apart: a snapshot each 1,000 events, deltas each 100 ms; 5,000. Never crossed. */
  book: (symbol: MarketSymbol, spec: { readonly count?: number; readonly seed?: number } = {}): Iterable<MarketInput> =>
    repeatable(() => book(symbol, spec)),
}
