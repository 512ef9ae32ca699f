import { instrument, type Instrument } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contractOf, costOf, lotValueOf, moneyOf, PositionBook, profitOf, rateOf, unitsOf, emptyBooks } from './index.ts'

const linear = instrument('BTC/USDT:USDT', { venue: 'x', tickSize: '0.1', lotSize: '0.001', contractSize: '0.01' })
const spot = instrument('ETH/USDT', { venue: 'x', tickSize: '1', lotSize: '0.5' })
const inverse = instrument('ETH/USD:ETH', { venue: 'x', tickSize: '0.05', lotSize: '1', contractSize: '10' })
const money = (of: Instrument, units: bigint) => moneyOf(contractOf(of), units)

describe('published numbers', () => {
  test('1 bought at 100 and 1 at 110, 1.5 sold at 120: 25 is realised, first in first out', () => {
    const book = new PositionBook(contractOf(spot))
    for (const [side, ticks, lots] of [[1, 100, 2], [1, 110, 2], [-1, 120, 3]] as const) book.fill(side, ticks, lots, 0n)
    expect(money(spot, book.realised)).toBe(25)
    expect([book.quantity, book.state.open, money(spot, book.unrealised(120))]).toEqual([1, [110, 1], 5])
  })
  test('100 inverse contracts of 10 USD from 2000 to 2500 bring 0.1 of the base', () => {
    const book = new PositionBook(contractOf(inverse))
    book.fill(1, 40_000, 100, 0n)
    expect(money(inverse, book.unrealised(50_000))).toBe(0.1)
    book.fill(-1, 50_000, 100, 0n)
    expect([money(inverse, book.realised), money(inverse, book.cash), book.quantity]).toEqual([0.1, 0.1, 0])
  })
})

test('a fill through zero closes what is held and opens the rest at its price', () => {
  const book = new PositionBook(contractOf(spot))
  book.fill(1, 100, 2, 0n)
  book.fill(-1, 90, 5, 0n)
  expect([money(spot, book.realised), book.state.open, book.quantity]).toEqual([-10, [90, -3], -3])
})
test('fees and funding leave the cash, rebates and received funding come in', () => {
  const book = new PositionBook(contractOf(spot), emptyBooks(unitsOf(contractOf(spot), 1000)))
  book.fill(1, 100, 2, rateOf(5))
  expect(money(spot, book.fees)).toBe(0.05)
  book.fill(1, 100, 2, rateOf(-1))
  expect(money(spot, book.fees)).toBeCloseTo(0.04, 12)
  expect(money(spot, book.fund(100, rateOf(10)))).toBe(0.2)
  expect([money(spot, book.equity(100)), money(spot, book.settled)]).toEqual([999.76, 999.76])
  book.fill(-1, 100, 8, 0n)
  expect(money(spot, book.fund(100, rateOf(10)))).toBe(-0.2)
})
test.each([[0, 1], [1.5, 1], [1, 0], [1, 2 ** 53]])('a fill of %s lots at %s ticks is refused', (lots, ticks) => {
  expect(() => new PositionBook(contractOf(spot)).fill(1, ticks, lots, 0n)).toThrow('[position book] a fill of')
})

describe('identities hold exactly, whatever is filled', () => {
  const step = fc.record({
    side: fc.constantFrom(1 as const, -1 as const), ticks: fc.integer({ min: 1, max: 4_000_000 }), lots: fc.integer({ min: 1, max: 2_000_000 }),
    bps: fc.integer({ min: -20, max: 100 }), funding: fc.option(fc.integer({ min: -300, max: 300 }), { nil: undefined }),
    mark: fc.integer({ min: 1, max: 4_000_000 }),
  })
  test.each([['linear', linear], ['spot', spot], ['inverse', inverse]])('%s', (_, of) => {
    const contract = contractOf(of)
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const start = unitsOf(contract, 1000)
      const book = new PositionBook(contract, emptyBooks(start))
      let [held, flips] = [0, 0]
      for (const { side, ticks, lots, bps, funding, mark } of steps) {
        book.fill(side, ticks, lots, rateOf(bps))
        if (funding !== undefined) book.fund(mark, rateOf(funding))
        flips += Math.sign(held) * Math.sign(held + side * lots) < 0 ? 1 : 0
        held += side * lots
        expect(book.quantity).toBe(held)
        expect(book.realised + book.unrealised(mark) - book.fees - book.funding).toBe(book.equity(mark) - start)
        const value = contract.inverse ? book.unrealised(mark) : BigInt(held) * BigInt(mark) * contract.factor
        expect(book.equity(mark)).toBe(book.cash + value)
        expect(book.state.open.every((_, i, open) => i % 2 === 0 || Math.sign(open[i] as number) === Math.sign(held))).toBe(true)
      }
      return flips >= 0
    }), { seed: 11, numRuns: 150 })
  })
  test('first in first out gives what a list of single lots gives', () => {
    const contract = contractOf(linear)
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(1 as const, -1 as const), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 9 })), { maxLength: 40 }), (fills) => {
      const book = new PositionBook(contract)
      const queue: { side: number; ticks: number }[] = []
      let profit = 0
      for (const [side, ticks, lots] of fills) {
        book.fill(side, ticks, lots, 0n)
        for (let i = 0; i < lots; i++) {
          const first = queue[0]
          if (first && first.side !== side) {
            queue.shift()
            profit += first.side * (ticks - first.ticks)
          } else queue.push({ side, ticks })
        }
      }
      expect(book.realised).toBe(BigInt(profit) * contract.factor)
      expect(book.quantity).toBe(queue.reduce((sum, { side }) => sum + side, 0))
    }), { seed: 12, numRuns: 200 })
  })
})

describe('rounding', () => {
  const contract = contractOf(inverse)
  test('an inverse profit is rounded down once, less than a unit below the rational', () => {
    fc.assert(fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (lots, entry, exit) => {
      const below = contract.divisor * BigInt(entry) * BigInt(exit)
      const rest = BigInt(lots) * BigInt(exit - entry) * contract.factor - profitOf(contract, lots, entry, exit) * below
      expect(rest >= 0n && rest < below).toBe(true)
    }), { seed: 13 })
  })
  test('a cost is rounded up, less than a unit above the rational; a linear one is exact', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: -100_000, max: 100_000 }), (lots, ticks, rate) => {
      const below = contract.divisor * BigInt(ticks) * 100_000_000n
      const rest = costOf(contract, lots, ticks, BigInt(rate)) * below - BigInt(lots) * contract.factor * BigInt(rate)
      expect(rest >= 0n && rest < below).toBe(true)
      const exact = contractOf(linear)
      expect(costOf(exact, lots, ticks, BigInt(rate)) * 100_000_000n).toBe(BigInt(lots) * BigInt(ticks) * exact.factor * BigInt(rate))
    }), { seed: 14 })
  })
  test('values as numbers agree with the books', () => {
    expect(lotValueOf(contractOf(linear), 1_000_000)).toBe(1) // 0.001 contracts of 0.01 at 100,000
    expect(lotValueOf(contract, 40_000)).toBe(0.005) // 10 USD at 2000
    expect(money(inverse, unitsOf(contract, 1.25))).toBe(1.25)
  })
})
