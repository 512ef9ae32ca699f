import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TopOracle } from './top-oracle.ts'

const book = (lots: number) => ({ ladder: { bids: { bestTicks: 1, bestLots: lots }, asks: { bestTicks: 2, bestLots: 1 } } }) as never

test('each book is compared with the last quote not above its id, in whatever order quotes and books come', () => {
  const step = fc.record({ isQuote: fc.boolean(), ahead: fc.integer({ min: 0, max: 3 }), lots: fc.integer({ min: 1, max: 2 }) })
  fc.assert(fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), (steps) => {
    const oracle = new TopOracle()
    const quotes: [id: number, lots: number][] = []
    const books: [id: number, lots: number][] = []
    for (const { isQuote, ahead, lots } of steps) {
      const of = isQuote ? quotes : books
      const id = (of.at(-1)?.[0] ?? 0) + ahead
      of.push([id, lots])
      if (isQuote) oracle.quote(id, 1, lots, 2, 1)
      else oracle.book(id, book(lots))
    }
    oracle.end()
    const prevailing = books.map(([id]) => quotes.findLast(([of]) => of <= id))
    expect(oracle.total).toBe(prevailing.filter((quote) => quote !== undefined).length)
    expect(oracle.ok).toBe(prevailing.filter((quote, i) => quote?.[1] === books[i]![1]).length)
  }), { numRuns: 60 })
})
