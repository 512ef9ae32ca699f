import { TapeloomError } from '@tapeloom/core'
import { costOf, profitOf, type Contract } from './contract.ts'

/** The books of one symbol as plain data: money in whole units, written as text because it can exceed 2^53. */
export interface BookState {
  /** Spot and linear: what is left after paying for what is held; inverse: the margin balance. */
  cash: string
  realised: string
  /** Paid, less rebates. */
  fees: string
  /** Paid, less received. */
  funding: string
  /** Open lots, oldest first: ticks and lots in turn; lots < 0 are short. */
  open: number[]
}

/** Books that hold nothing but cash. */
export const emptyBooks = (cash: bigint): BookState => ({ cash: String(cash), realised: '0', fees: '0', funding: '0', open: [] })

/**
 * Exact accounting of one symbol: first in, first out; a fill through zero is split in one that closes and one that opens.
 * At any mark, in whole units: equity = cash + Σ quantity × mark, and realised + unrealised − fees − funding = Δequity.
 */
export class PositionBook {
  readonly #contract: Contract
  readonly state: BookState

  constructor(contract: Contract, state: BookState = emptyBooks(0n)) {
    this.#contract = contract
    this.state = state
  }

  get cash(): bigint { return BigInt(this.state.cash) }
  get realised(): bigint { return BigInt(this.state.realised) }
  get fees(): bigint { return BigInt(this.state.fees) }
  get funding(): bigint { return BigInt(this.state.funding) }
  /** Lots held; < 0: short. */
  get quantity(): number {
    let sum = 0
    for (let i = 1; i < this.state.open.length; i += 2) sum += this.state.open[i] as number
    return sum
  }

  /** Books a fill of `lots` (> 0) bought (side 1) or sold (−1), at a fee rate. @throws TapeloomError `execution.fill` */
  fill(side: 1 | -1, ticks: number, lots: number, rate: bigint): void {
    if (!(Number.isSafeInteger(ticks) && ticks > 0 && Number.isSafeInteger(lots) && lots > 0)) {
      throw new TapeloomError('execution.fill', `[position book] a fill of ${lots} lots at ${ticks} ticks is none. Give whole numbers above 0.`)
    }
    const held = this.quantity
    const closing = held * side < 0 ? Math.min(lots, Math.abs(held)) : 0
    if (closing > 0) this.#book(side, ticks, closing, rate, this.#close(ticks, closing))
    if (lots > closing) this.#book(side, ticks, lots - closing, rate, 0n)
    if (lots > closing) this.#open(side, ticks, lots - closing)
  }

  /** Pays funding at a rate of the position's value at a mark: long pays short where it is above 0. */
  fund(mark: number, rate: bigint): bigint {
    const { state } = this
    const paid = costOf(this.#contract, this.quantity, mark, rate)
    state.funding = String(this.funding + paid)
    state.cash = String(this.cash - paid)
    return paid
  }

  /** Starting cash and all that is settled since: what the equity is without what is unrealised. */
  get settled(): bigint { return this.equity(1) - this.unrealised(1) }

  /** What closing all at a mark would bring, before fees; each lot of an inverse contract is rounded by itself. */
  unrealised(mark: number): bigint {
    const { open } = this.state
    let sum = 0n
    for (let i = 0; i < open.length; i += 2) sum += profitOf(this.#contract, open[i + 1] as number, open[i] as number, mark)
    return sum
  }

  /** Cash and what is held, at a mark in ticks (any number while flat). */
  equity(mark: number): bigint {
    const held = this.quantity
    if (held === 0) return this.cash
    return this.cash + (this.#contract.inverse ? this.unrealised(mark) : BigInt(held) * BigInt(mark) * this.#contract.factor)
  }

  #book(side: 1 | -1, ticks: number, lots: number, rate: bigint, profit: bigint): void {
    const { state } = this
    const fee = costOf(this.#contract, lots, ticks, rate)
    const paid = this.#contract.inverse ? -profit : BigInt(side * lots) * BigInt(ticks) * this.#contract.factor
    state.fees = String(this.fees + fee)
    state.cash = String(this.cash - paid - fee)
    state.realised = String(this.realised + profit)
  }

  #open(side: 1 | -1, ticks: number, lots: number): void {
    const { open } = this.state
    const last = open.length - 2
    if (open[last] === ticks) open[last + 1] = (open[last + 1] as number) + side * lots
    else open.push(ticks, side * lots)
  }

  /** Takes lots out, oldest first; returns what they brought. */
  #close(ticks: number, lots: number): bigint {
    const { open } = this.state
    let [left, profit] = [lots, 0n]
    while (left > 0) {
      const [entry, first] = [open[0] as number, open[1] as number]
      const part = Math.sign(first) * Math.min(left, Math.abs(first))
      profit += profitOf(this.#contract, part, entry, ticks)
      left -= Math.abs(part)
      if (part === first) open.splice(0, 2)
      else open[1] = first - part
    }
    return profit
  }
}
