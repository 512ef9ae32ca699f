import { fromGrid, toGrid, type BookReader, type Candle, type Instrument } from '@tapeloom/core'
import { Atr } from '@tapeloom/indicators'
import { walkBook } from './book-walk.ts'
import type { BrokerListener, BrokerRules } from './broker-rules.ts'
import { createBroker, type BrokerState, type Order, type Side } from './broker-state.ts'
import { contractOf, lotValueOf, moneyOf, rateOf, type Contract } from './contract.ts'
import { PositionBook } from './position-book.ts'
import { breach } from './risk-gates.ts'

/** Trades on paper what decisions ask for: one position a symbol, an opposite signal closes first. Its state is plain data. */
export class PaperBroker {
  readonly #instrument: Instrument
  readonly #contract: Contract
  readonly #rules: BrokerRules
  readonly #listener: BrokerListener
  readonly state: BrokerState

  constructor(instrument: Instrument, rules: BrokerRules, listener: BrokerListener, state: BrokerState = createBroker(instrument, rules.cash)) {
    this.#instrument = instrument
    this.#contract = contractOf(instrument)
    this.#rules = rules
    this.#listener = listener
    this.state = state
  }

  /** The exact books. */
  get books(): PositionBook { return new PositionBook(this.#contract, this.state.books) }
  get side(): Side { return Math.sign(this.state.lots) as Side }
  /** The side once the waiting orders are done. */
  get target(): Side {
    const last = this.state.orders.at(-1)
    return last === undefined ? this.side : last.kind === 'open' ? last.side : 0
  }
  /** Cash and what is held at the newest mark, as a number; `books.equity` is exact. */
  get equity(): number {
    const { lots, entryTicks, markTicks, settled } = this.state
    if (lots === 0) return settled
    const { inverse } = this.#contract
    const [then, now] = [lotValueOf(this.#contract, entryTicks), lotValueOf(this.#contract, markTicks)]
    return settled + lots * (inverse ? then - now : now - then)
  }
  /** The value of what is held over the equity; 0 flat. */
  get exposure(): number {
    const { lots, markTicks } = this.state
    return lots === 0 ? 0 : (Math.abs(lots) * lotValueOf(this.#contract, markTicks)) / this.equity
  }
  /** The exposure that the next opening order will ask for; NaN while there is no price. */
  get wanted(): number {
    const { quantity, share, maxPosition } = this.#rules
    if (!(quantity > 0)) return Math.min(share, maxPosition)
    return (toGrid(this.#instrument.lot, quantity) * lotValueOf(this.#contract, this.state.markTicks)) / this.equity
  }

  /** Asks for a side, from a decision at `asOf`; the newest signal replaces what waits, but not what a rule wants closed. */
  signal(side: Side, asOf: number, now: number, reason: string): void {
    const { state } = this
    const forced = state.orders.filter((order) => order.forced)
    state.orders = forced
    if (forced.length === 0 && side === this.side) return
    if (forced.length === 0 && state.lots !== 0) this.#order('close', -this.side as 1 | -1, asOf, now, reason)
    if (side !== 0) this.#order('open', side, asOf, now, reason)
  }

  /** A moment at which the book stands as it is: fills what is due. */
  settle(book: BookReader, now: number): void {
    if (book.status !== 'empty') this.#settle(book.status === 'live' ? book : undefined, now)
  }

  /** A change of the book, which is already applied. */
  book(book: BookReader, now: number): void {
    const { state } = this
    const live = book.status === 'live'
    state.booked = true
    this.#accrue(now)
    this.settle(book, now)
    state.live = live
    state.seenAt = now
    if (live) this.#mark(toGrid(this.#instrument.tick, state.lots < 0 ? book.bestAsk : book.bestBid), now)
  }

  /** A trade: fills a resting order that it went through, and marks where there is no book. */
  trade(price: number, quantity: number, aggressor: 'buy' | 'sell', now: number): void {
    const { state } = this
    const [{ tick, lot }, first] = [this.#instrument, state.orders[0]]
    const ticks = toGrid(tick, price)
    this.#accrue(now)
    if (first && aggressor === (first.side === 1 ? 'sell' : 'buy') && first.side * (first.limitTicks - ticks) > 0 && now <= first.lateUs) {
      const lots = Math.min(first.lots, toGrid(lot, quantity))
      if (lots > 0) this.#fill(first, [[first.limitTicks, lots]], 'maker', now)
    }
    state.seenAt = now
    if (!state.booked && ticks > 0) this.#mark(ticks, now)
  }

  /** A closed candle: its range moves the ATR; without a book orders are filled at its open, stops inside it. */
  candle({ openTime, open, high, low, close }: Candle, now: number): void {
    const { state } = this
    const { tick } = this.#instrument
    this.#accrue(now)
    if (!state.booked) {
      for (let order = state.orders[0]; order && order.asOf <= openTime && this.#sized(order, toGrid(tick, open)); order = state.orders[0]) {
        this.#fill(order, [[toGrid(tick, open), order.lots]], 'taker', now)
      }
      this.#stopInside(toGrid(tick, open), toGrid(tick, low), toGrid(tick, high), now)
      state.seenAt = now
      this.#mark(toGrid(tick, close), now)
    }
    this.range(high, low, close)
  }

  /** Takes the range of a candle into the ATR and does nothing else. */
  range(high: number, low: number, close: number): void {
    new Atr(14, this.state.atr).add(high, low, close)
    if (Number.isNaN(this.state.stopTicks)) this.#placeStop()
  }

  /** Pays funding on what is held. @param bps of its value at the mark; > 0: longs pay */
  fund(bps: number): void {
    const { state } = this
    if (state.lots === 0) return
    const { books } = this
    const paid = books.fund(state.markTicks, rateOf(bps))
    state.trade.funding = String(BigInt(state.trade.funding) + paid)
    this.#refresh(books)
  }

  /** Gives up what waits to open and closes what is held, at the market. */
  flatten(now: number, reason: string): void {
    const [first] = this.state.orders
    if (first?.kind === 'open') this.#giveUp(reason)
    this.state.orders = this.state.orders.slice(0, 1) // a closing order that waits goes on, alone
    const [closing] = this.state.orders
    if (closing) closing.forced = true
    else if (this.state.lots !== 0) this.#order('close', -this.side as 1 | -1, now, now, reason, true)
  }

  /** Pays the funding of the times that have come since the last input, before anything is filled. */
  #accrue(now: number): void {
    const { fundingBps, fundingEvery } = this.#rules
    const period = Math.floor(now / fundingEvery)
    const passed = period - this.state.period
    this.state.period = period
    if (passed > 0 && fundingBps !== 0) this.fund(passed * fundingBps)
  }

  #order(kind: Order['kind'], side: 1 | -1, asOf: number, now: number, reason: string, forced = false): void {
    const dueUs = now + this.#rules.latency
    this.state.orders.push({ kind, side, lots: NaN, asOf, dueUs, lateUs: dueUs + this.#rules.patience, limitTicks: NaN, reason, forced })
  }

  /** Fills what is due, in turn. What the book did not hold is tried again after another latency, until it is late. */
  #settle(book: BookReader | undefined, now: number): void {
    const { state } = this
    for (let order = state.orders[0]; order && now >= order.dueUs; order = state.orders[0]) {
      const stood = book && state.live // the book stood when it was due: a quiet market is no missing one
      if (now > order.lateUs && !(stood && Number.isNaN(order.lots))) return this.#giveUp('unfilled')
      if (!book || !Number.isNaN(order.limitTicks)) return
      const touch = toGrid(this.#instrument.tick, order.side === 1 ? book.bestAsk : book.bestBid)
      if (!(touch > 0)) return
      if (!this.#sized(order, touch)) return
      if (order.kind === 'open' && this.#rules.entry === 'maker') {
        order.limitTicks = toGrid(this.#instrument.tick, order.side === 1 ? book.bestBid : book.bestAsk)
        if (order.limitTicks > 0) return
        order.limitTicks = NaN
        return
      }
      const levels: (readonly [number, number])[] = []
      const left = walkBook(book, order.side, order.lots, this.#instrument, (ticks, lots) => levels.push([ticks, lots]))
      if (left > 0) order.dueUs = now + this.#rules.latency
      if (levels.length > 0) this.#fill(order, levels, 'taker', now)
      if (left > 0) return
    }
  }

  /** Gives an order its lots; one that is too small for a lot, or too large for the rules, is given up. */
  #sized(order: Order, ticks: number): boolean {
    if (!Number.isNaN(order.lots)) return true
    const { quantity, share, maxPosition } = this.#rules
    const lots = Math.abs(this.state.lots)
    const most = (fraction: number) => Math.floor((fraction * this.equity) / lotValueOf(this.#contract, ticks))
    order.lots = order.kind === 'close' ? lots : quantity > 0 ? toGrid(this.#instrument.lot, quantity) : most(Math.min(share, maxPosition))
    if (order.lots > 0 && (order.kind === 'close' || order.lots <= most(maxPosition))) return true
    this.#giveUp(order.lots > 0 ? 'max-position' : 'too-small')
    return false
  }

  #giveUp(reason: string): void {
    const [order] = this.state.orders
    this.state.orders = []
    if (!order) return
    const quantity = fromGrid(this.#instrument.lot, order.lots > 0 ? order.lots : 0)
    this.#listener.unfilled({ side: order.side === 1 ? 'buy' : 'sell', quantity, reason })
  }

  #fill(order: Order, levels: readonly (readonly [ticks: number, lots: number])[], liquidity: 'taker' | 'maker', now: number): void {
    const { state, books } = this
    const { takerBps, makerBps } = this.#rules
    const rate = rateOf(liquidity === 'taker' ? takerBps : makerBps)
    const before = books.fees
    if (state.trade.side === 0) this.#begin(order.side, now)
    let [lots, sum] = [0, 0]
    for (const [ticks, part] of levels) {
      books.fill(order.side, ticks, part, rate)
      lots += part
      sum += this.#contract.inverse ? part / ticks : part * ticks
    }
    const closing = order.side !== state.trade.side
    state.trade[closing ? 'exitLots' : 'entryLots'] += lots
    state.trade[closing ? 'exitSum' : 'entrySum'] += sum
    const paid = books.fees - before
    state.trade.fees = String(BigInt(state.trade.fees) + paid)
    order.lots -= lots
    if (order.lots === 0) state.orders.shift()
    this.#refresh(books)
    state.fills++
    const fee = moneyOf(this.#contract, paid)
    this.#listener.filled({ side: order.side === 1 ? 'buy' : 'sell', price: this.#meanPrice(sum, lots), quantity: fromGrid(this.#instrument.lot, lots), fee, liquidity, reason: order.reason })
    if (state.lots === 0) this.#end(order.reason, now)
    else if (!closing) this.#placeStop()
  }

  #begin(side: 1 | -1, now: number): void {
    const { state } = this
    state.trade = { side, openedAt: now, cash: state.books.cash, entryLots: 0, exitLots: 0, entrySum: 0, exitSum: 0, fees: '0', funding: '0' }
    state.stopTicks = state.bestTicks = state.worstTicks = NaN
  }

  /** Flat again: the trade is told, losses too. */
  #end(reason: string, now: number): void {
    const { state } = this
    const { side, cash, openedAt, entryLots, entrySum, exitLots, exitSum } = state.trade
    const [net, { lot, symbol }] = [BigInt(state.books.cash) - BigInt(cash), this.#instrument]
    const value = entrySum * lotValueOf(this.#contract, 1)
    const brought = moneyOf(this.#contract, net)
    state.trade = { side: 0, openedAt: NaN, cash: '0', entryLots: 0, exitLots: 0, entrySum: 0, exitSum: 0, fees: '0', funding: '0' }
    state.stopTicks = state.bestTicks = state.worstTicks = NaN
    state.closedAt = now
    state.losses = net < 0n ? state.losses + 1 : 0
    if (net < 0n) state.lossAt = now
    state.trades++
    this.#listener.closed({
      id: `${symbol}|${openedAt}|${state.trades}`, side: side === 1 ? 'long' : 'short', quantity: fromGrid(lot, entryLots),
      entryPrice: this.#meanPrice(entrySum, entryLots), exitPrice: this.#meanPrice(exitSum, exitLots), openedAt, closedAt: now,
      netBps: (1e4 * brought) / value, net: brought, netUnits: String(net), unitsPerOne: String(this.#contract.unitsPerOne), reason,
    })
  }

  #meanPrice(sum: number, lots: number): number {
    return fromGrid(this.#instrument.tick, this.#contract.inverse ? lots / sum : sum / lots)
  }

  /** Numbers that follow from the books, for sizes and features. */
  #refresh(books: PositionBook): void {
    const { state } = this
    const { open } = state.books
    let [lots, sum] = [0, 0]
    for (let i = 0; i < open.length; i += 2) {
      const [ticks, part] = [open[i] as number, open[i + 1] as number]
      lots += part
      sum += this.#contract.inverse ? part / ticks : part * ticks
    }
    state.lots = lots
    state.entryTicks = lots === 0 ? NaN : this.#contract.inverse ? lots / sum : sum / lots
    if (Number.isNaN(state.markTicks)) state.markTicks = Math.round(state.entryTicks)
    state.settled = moneyOf(this.#contract, books.settled)
  }

  #placeStop(): void {
    const { state } = this
    const distance = (this.#rules.stopAtr * (state.atr[0] as number)) / fromGrid(this.#instrument.tick, 1)
    if (state.lots !== 0 && distance > 0) state.stopTicks = Math.round(state.entryTicks - Math.sign(state.lots) * distance)
  }

  /** A stop inside a candle is filled at its price, or at the open where that is worse. */
  #stopInside(open: number, low: number, high: number, now: number): void {
    const { stopTicks, lots } = this.state
    if (lots === 0 || !(lots > 0 ? low <= stopTicks : high >= stopTicks)) return
    this.state.orders = []
    this.#order('close', -this.side as 1 | -1, now, now, 'stop')
    const [order] = this.state.orders as [Order]
    order.lots = Math.abs(lots)
    this.#fill(order, [[Math.max(1, lots > 0 ? Math.min(open, stopTicks) : Math.max(open, stopTicks)), order.lots]], 'taker', now)
  }

  /** Marks what is held, and closes it where a rule says so. */
  #mark(ticks: number, now: number): void {
    const { state } = this
    if (!(ticks > 0)) return
    state.markTicks = ticks
    if (state.lots !== 0) {
      const side = Math.sign(state.lots)
      if (!(side * (state.bestTicks - ticks) >= 0)) state.bestTicks = ticks
      if (!(side * (ticks - state.worstTicks) >= 0)) state.worstTicks = ticks
    }
    const broken = breach(state, this.equity, now, this.#rules)
    if (broken !== undefined) this.flatten(now, broken)
  }
}
