import { describe, expect, test } from 'vitest'
import { addQuote, createMicroPrice, quoteState, solveMicroPrice } from './micro-price.ts'
import { MovingCovariance } from './moving-covariance.ts'
import { orderFlow } from './order-flow.ts'
import { StandardDeviation } from './standard-deviation.ts'
import { isRecorded, recordedQuotes, type RecordedQuotes } from './testing/recorded-quotes.ts'
import { TradeSigns } from './trade-signs.ts'
import { rollSpread } from './trade-spreads.ts'
import { addToVpin, bulkBuyShare, createVpin } from './vpin.ts'

/** A tape read once and kept. */
const tapes = new Map<string, RecordedQuotes>()
const tapeOf = (name: string, tick: number): RecordedQuotes => {
  const key = `${name} ${tick}`
  const tape = tapes.get(key) ?? recordedQuotes(name, tick)
  tapes.set(key, tape)
  return tape
}
const absent = !isRecorded('usdm_ethusdt')
if (absent) console.warn('Skipped: recorded order flow is absent. Set TAPELOOM_DATA to the folder of recorded data.')

describe.skipIf(absent)('on recorded Binance traffic', { timeout: 60_000 }, () => {
  test.each([
    ['usdm_btcusdt', 0.1, 0.3359, 0.2747], ['usdm_ethusdt', 0.01, 0.43425, 0.2664], ['spot_btcusdt', 0.01, 0.2914, 0.1271], ['spot_ethusdt', 0.01, 0.7224, 0.235],
  ])('order flow explains more of the moves of %s in 10 s than signed volume', (name, tick, ofOrders, ofTrades) => {
    const { quotes, trades } = tapeOf(name, tick)
    const bars = new Map<number, { orders: number; signed: number; mid: number }>()
    const barOf = (tsInit: number) => {
      const at = Math.floor(tsInit / 1e7)
      const bar = bars.get(at) ?? { orders: 0, signed: 0, mid: NaN }
      bars.set(at, bar)
      return bar
    }
    for (const [i, { tsInit, bid, bidQuantity, ask, askQuantity }] of quotes.entries()) {
      const bar = barOf(tsInit)
      const before = quotes[i - 1]
      if (before) bar.orders += orderFlow(before.bid, before.bidQuantity, before.ask, before.askQuantity, bid, bidQuantity, ask, askQuantity)
      bar.mid = (bid + ask) / 2
    }
    for (const { tsInit, quantity, sign } of trades) barOf(tsInit).signed += sign * quantity
    const sorted = [...bars].toSorted(([a], [b]) => a - b).map(([, bar]) => bar)
    const explained = (of: (bar: (typeof sorted)[number]) => number) => {
      const line = new MovingCovariance(sorted.length - 1)
      for (const [i, bar] of sorted.entries()) if (i > 0) line.add(of(bar), bar.mid - sorted[i - 1]!.mid)
      return (line.value * line.value) / (line.varianceX * line.varianceY)
    }
    expect(sorted.length - 1).toBe(34)
    expect(Math.abs(explained(({ orders }) => orders) - ofOrders)).toBeLessThan(1e-4)
    expect(Math.abs(explained(({ signed }) => signed) - ofTrades)).toBeLessThan(1e-4)
  })

  const share = (name: string, lagUs: number, tick: number) => {
    const { quotes, trades } = tapeOf(name, tick)
    const signs = new TradeSigns(lagUs)
    for (const { tsEvent, bid, ask } of quotes) signs.quote(tsEvent, bid, ask)
    return trades.filter(({ tsEvent, price, sign }) => signs.sign(tsEvent, price) === sign).length / trades.length
  }

  test('the quote rule names the aggressor of nearly all trades when quotes are a millisecond earlier', () => {
    expect(share('usdm_btcusdt', 1000, 0.1)).toBeCloseTo(0.99826, 5)
    expect(share('usdm_ethusdt', 1000, 0.01)).toBeCloseTo(0.99957, 5)
  })

  test('the quote rule errs in every second to fifth trade when they are not', () => {
    expect(share('usdm_btcusdt', 0, 0.1)).toBeCloseTo(0.77891, 5)
    // In prices that are not whole ticks a mid price is rounded: eleven trades at it are taken for trades below or above.
    expect(share('usdm_ethusdt', 0, 1)).toBeCloseTo(0.56209, 5)
    expect(share('usdm_ethusdt', 0, 0.01)).toBeCloseTo(0.56287, 5)
  })

  test.each([['usdm_btcusdt', 0.1, 0.7864], ['usdm_ethusdt', 0.01, 0.8354]])('bulk classification by second of %s is right for so much volume', (name, tick, expected) => {
    const seconds: { at: number; volume: number; bought: number; close: number }[] = []
    for (const { tsInit, price, quantity, sign } of tapeOf(name, tick).trades) {
      const at = Math.floor(tsInit / 1e6)
      if (seconds.at(-1)?.at !== at) seconds.push({ at, volume: 0, bought: 0, close: NaN })
      const second = seconds.at(-1)!
      second.volume += quantity
      if (sign > 0) second.bought += quantity
      second.close = price
    }
    const changes = seconds.slice(1).map(({ close }, i) => close - seconds[i]!.close)
    const deviation = new StandardDeviation(changes.length)
    for (const change of changes) deviation.add(change)
    let [wrong, volume] = [0, 0]
    for (const [i, change] of changes.entries()) {
      const second = seconds[i + 1]!
      wrong += Math.abs(second.volume * bulkBuyShare(change, deviation.value) - second.bought)
      volume += second.volume
    }
    expect(Math.abs(1 - wrong / volume - expected)).toBeLessThan(1e-3)
  })

  /** Root mean square errors against the next other mid price, of the last 40 % of quotes, in price units. */
  function errors(name: string, tick: number) {
    const { quotes } = tapeOf(name, tick)
    const micro = createMicroPrice()
    const cut = Math.floor(0.6 * quotes.length)
    for (const { bid, ask, bidQuantity, askQuantity } of quotes.slice(0, cut)) addQuote(micro, bid, ask, bidQuantity, askQuantity)
    solveMicroPrice(micro)
    const squares = { micro: 0, weighted: 0, mid: 0 }
    let [next, count] = [NaN, 0]
    for (let i = quotes.length - 2; i >= cut; i--) {
      const { bid, ask, bidQuantity, askQuantity } = quotes[i]!
      const mid = (bid + ask) / 2
      const later = (quotes[i + 1]!.bid + quotes[i + 1]!.ask) / 2
      if (later !== mid) next = later
      if (Number.isNaN(next)) continue
      const square = (value: number) => (value - next) * (value - next)
      squares.micro += square(mid + micro.lean[quoteState(bid, ask, bidQuantity, askQuantity)]!)
      squares.weighted += square((bid * askQuantity + ask * bidQuantity) / (bidQuantity + askQuantity))
      squares.mid += square(mid)
      count++
    }
    return { lean: micro.lean, rmse: [squares.micro, squares.weighted, squares.mid].map((sum) => tick * Math.sqrt(sum / count)) }
  }
  const furthest = (values: ArrayLike<number>, expected: readonly number[]) => Math.max(...expected.map((value, i) => Math.abs(values[i]! - value)))

  test('the micro-price foretells the next mid price of ETH perpetuals better than the weighted mid and the mid', () => {
    const { lean, rmse } = errors('usdm_ethusdt', 0.01)
    expect(furthest(rmse, [0.15296, 0.15615, 0.15676])).toBeLessThan(1e-3)
    expect(furthest(lean.subarray(5, 10), [0.373, 1.085, 1.799, 2.406, 2.957])).toBeLessThan(1e-3)
    for (let i = 0; i < 10; i++) expect(lean[i]! + lean[9 - i]!).toBeCloseTo(0, 9)
  })

  test('and that of BTC spot', () => {
    expect(furthest(errors('spot_btcusdt', 0.01).rmse, [1.16879, 1.44606, 1.17846])).toBeLessThan(1e-3)
  })

  test.each([['spot_btcusdt', 1e-5, 2, -18.73079, 0.7594988], ['spot_ethusdt', 1e-4, 20, -355.2431, 0.8321584]])('%s has the measured cumulative volume and VPIN', (name, lot, bucket, cvd, vpin) => {
    const state = createVpin(Math.round(bucket / lot))
    let sum = 0
    for (const { quantity, sign } of tapeOf(name, 1).trades) {
      const lots = sign * Math.round(quantity / lot)
      sum += lots
      addToVpin(state, lots)
    }
    expect(sum * lot).toBeCloseTo(cvd, 7)
    expect(state.value).toBeCloseTo(vpin, 7)
  })

  test('Roll’s spread is half a dollar for BTC, and missing for ETH, whose price changes go on', () => {
    const roll = (name: string) => {
      const { trades } = tapeOf(name, 1)
      const changes = trades.slice(1).map(({ price }, i) => price - trades[i]!.price)
      let [products, later, earlier] = [0, 0, 0]
      for (let i = 1; i < changes.length; i++) {
        products += changes[i]! * changes[i - 1]!
        later += changes[i]!
        earlier += changes[i - 1]!
      }
      return rollSpread(changes.length - 1, products, later, earlier)
    }
    expect(Math.abs(roll('spot_btcusdt') - 0.4842)).toBeLessThan(1e-4)
    expect(roll('spot_ethusdt')).toBeNaN()
  })
})
