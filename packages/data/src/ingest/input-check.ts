import { openTimeOf, timeframeUs, type BookMessage, type CandleMessage, type Grid, type MarketInput, type Price } from '@tapeloom/core'
import type { Timeframe, TradeMessage } from '@tapeloom/core'
import { AT, KIND, type MarketRecord } from './market-record.ts'
import type { Market } from './market-table.ts'

/** A stable code and what is wrong, in words; undefined when nothing is. */
export interface Fault {
  readonly code: string
  readonly message: string
}

/** How far from the grid a number may lie, in steps: what floating-point sums leave. */
const OFF_GRID = 1e-3
/** A venue's clock this far ahead of the receipt is wrong. */
const MOST_AHEAD_US = 3600e6

/**
 * Checks a message of a source and decodes it into `record` (kind, flags, numbers; prices to ticks, quantities to lots).
 * Returns what is wrong with it: then `record` is not to be used.
 */
export function checkInput(input: Exclude<MarketInput, { kind: 'reject' }>, market: Market, record: MarketRecord): Fault | undefined {
  const { tsEvent, tsInit } = input
  if (!isTime(tsEvent)) return fault('data.time', `tsEvent is '${tsEvent}'. Send whole microseconds from 0 on`)
  if (tsInit !== undefined && !isTime(tsInit)) return fault('data.time', `tsInit is '${tsInit}'. Send whole microseconds from 0 on`)
  if (tsInit !== undefined && tsEvent - tsInit > MOST_AHEAD_US) {
    return fault('data.time', `tsEvent ${tsEvent} is more than an hour after tsInit ${tsInit}. Correct the venue's time`)
  }
  record.number[AT.tsEvent] = tsEvent
  record.market = market.index
  switch (input.kind) {
    case 'trade': return checkTrade(input, market, record)
    case 'book': return checkBook(input, market, record)
    case 'candle': return checkCandle(input, market, record)
    case 'gap':
      record.kind = KIND.gap
      record.text = String(input.reason)
      return undefined
    default: return fault('data.kind', `kind is '${String((input as { kind: unknown }).kind)}'. Send trade, book, candle, gap or reject`)
  }
}

function checkTrade(input: TradeMessage, { instrument }: Market, record: MarketRecord): Fault | undefined {
  const ticks = steps(instrument.tick, input.price)
  const lots = steps(instrument.lot, input.quantity)
  if (!(ticks > 0)) return offGrid('data.trade', 'price', input.price, instrument.tickSize, ticks)
  if (!(lots > 0)) return offGrid('data.trade', 'quantity', input.quantity, instrument.lotSize, lots)
  if (input.aggressor !== 'buy' && input.aggressor !== 'sell') {
    return fault('data.trade', `aggressor is '${String(input.aggressor)}'. Send 'buy' or 'sell'`)
  }
  record.kind = KIND.trade
  record.flags = input.aggressor === 'buy' ? 1 : 0
  record.number[AT.price] = ticks
  record.number[AT.quantity] = lots
  record.text = input.id ?? ''
  return undefined
}

function checkBook(input: BookMessage, { instrument }: Market, record: MarketRecord): Fault | undefined {
  const { bids, asks, update, partial } = input
  if (update !== 'snapshot' && update !== 'delta') return fault('data.book', `update is '${String(update)}'. Send 'snapshot' or 'delta'`)
  record.reserveLevels(bids.length + asks.length)
  let count = 0
  for (const side of [bids, asks]) {
    for (let i = 0; i < side.length; i++) {
      const [price, quantity] = side[i]! // i < length
      const ticks = steps(instrument.tick, price)
      const lots = steps(instrument.lot, quantity)
      if (!(ticks > 0)) return offGrid('data.book', 'price', price, instrument.tickSize, ticks)
      if (!(lots >= 0)) return offGrid('data.book', 'quantity', quantity, instrument.lotSize, lots)
      record.ticks[count] = ticks
      record.lots[count++] = lots
    }
  }
  record.kind = KIND.book
  record.flags = (update === 'snapshot' ? 1 : 0) | (partial === true ? 2 : 0)
  record.bids = bids.length
  record.asks = asks.length
  record.text = ''
  return undefined
}

function checkCandle(input: CandleMessage, { instrument }: Market, record: MarketRecord): Fault | undefined {
  const n = record.number
  const prices = [input.open, input.high, input.low, input.close].map((price) => steps(instrument.tick, price))
  for (const [i, name] of (['open', 'high', 'low', 'close'] as const).entries()) {
    const ticks = prices[i]! // four
    if (!(ticks > 0)) return offGrid('data.candle', name, input[name], instrument.tickSize, ticks)
    n[AT.open + i] = ticks
  }
  const [open = NaN, high = NaN, low = NaN, close = NaN] = prices
  if (high < low || high < open || high < close || low > open || low > close) {
    const { open, high, low, close } = input
    return fault('data.candle', `open ${open}, high ${high}, low ${low}, close ${close} contradict each other. Correct the candle`)
  }
  const time = checkCandleTime(input, n[AT.tsEvent]!)
  if (time) return time
  const [volume, takerBuyVolume] = [number(input.volume), number(input.takerBuyVolume)]
  if (!(volume >= 0 && volume < Infinity)) return fault('data.candle', `volume is '${input.volume}'. Send a number from 0 on`)
  n[AT.quoteVolume] = number(input.quoteVolume)
  n[AT.trades] = number(input.trades)
  const { lot } = instrument
  n[AT.volume] = volume
  n[AT.takerBuyVolume] = takerBuyVolume
  n[AT.volumeLots] = Math.round((volume * lot.scale) / lot.k)
  n[AT.takerLots] = Math.round((takerBuyVolume * lot.scale) / lot.k)
  n[AT.openTime] = input.openTime
  record.kind = input.backfill === true ? KIND.backfill : KIND.candle
  record.text = input.timeframe
  record.flags = 0
  return undefined
}

function checkCandleTime({ timeframe, openTime }: CandleMessage, tsEvent: number): Fault | undefined {
  const lengthUs = lengths.get(timeframe) ?? tryLength(timeframe)
  if (lengthUs === undefined) return fault('data.candle', `timeframe is '${String(timeframe)}'. Send one as '1m'`)
  if (!isTime(openTime) || openTimeOf(openTime, lengthUs) !== openTime) {
    return fault('data.candle', `openTime ${openTime} is not the start of a ${timeframe} candle. Send µs on its grid`)
  }
  if (tsEvent < openTime + lengthUs) {
    return fault('data.candle', `the ${timeframe} candle from ${openTime} is not closed at ${tsEvent}. Send closed candles only`)
  }
  return undefined
}

/** Lengths of the timeframes that were seen, µs. */
const lengths = new Map<string, number>()

function tryLength(timeframe: Timeframe): number | undefined {
  try {
    const lengthUs = timeframeUs(timeframe)
    lengths.set(timeframe, lengthUs)
    return lengthUs
  } catch {
    return undefined
  }
}

/** A time of an input as a place in the order; −Infinity for what is none, so that it is judged at once and moves no clock. */
export const readTime = (us: unknown): number => (isTime(us) ? us : -Infinity)

const isTime = (us: unknown): us is number => Number.isSafeInteger(us) && (us as number) >= 0

const number = (value: Price | undefined): number => (value === undefined || value === '' ? NaN : Number(value))

/** Whole steps of a grid; NaN when it is no number, or none of the grid's. */
export function steps(grid: Grid, value: Price): number {
  const exact = (number(value) * grid.scale) / grid.k
  const whole = Math.round(exact)
  return Math.abs(exact - whole) <= OFF_GRID && whole <= Number.MAX_SAFE_INTEGER ? whole : NaN
}

function offGrid(code: string, name: string, value: Price, step: number, found: number): Fault {
  const finite = Number.isFinite(number(value)) && Number.isNaN(found)
  return fault(code, `${name} is '${value}'. Send ${finite ? `a multiple of ${step}, or correct the instrument` : 'a positive number'}`)
}

const fault = (code: string, message: string): Fault => ({ code, message: `${message}.` })
