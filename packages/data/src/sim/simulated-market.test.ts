import type { BookMessage, MarketInput, MarketMessage, Source, TradeMessage } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { bayesAccuracy, plantedBeta, simulatedMarket } from './index.ts'

type Input = MarketMessage & (TradeMessage | BookMessage)

async function visit(source: Source, use: (input: Input) => void, after?: number): Promise<void> {
  for await (const chunk of source.events({ after, signal: new AbortController().signal })) {
    for (const input of chunk as readonly Input[]) use(input)
  }
}
async function all(source: Source, after?: number): Promise<Input[]> {
  const inputs: Input[] = []
  await visit(source, (input) => inputs.push(input), after)
  return inputs
}

/** A plain book: two maps. */
class Book {
  readonly bids = new Map<number, number>()
  readonly asks = new Map<number, number>()

  apply({ update, bids, asks }: BookMessage): void {
    for (const [side, levels] of [
      [this.bids, bids],
      [this.asks, asks],
    ] as const) {
      if (update === 'snapshot') side.clear()
      for (const [price, quantity] of levels as readonly (readonly [number, number])[]) {
        if (quantity > 0) side.set(price, quantity)
        else if (!side.delete(price)) throw new Error(`the level at ${price} was deleted without being there`)
      }
    }
  }
  get bestBid(): number {
    return Math.max(...this.bids.keys())
  }
  get bestAsk(): number {
    return Math.min(...this.asks.keys())
  }
  /** Over the five best levels of each side. */
  get imbalance(): number {
    const depth = (side: Map<number, number>, sign: number): number =>
      [...side]
        .sort((a, b) => sign * (a[0] - b[0]))
        .slice(0, 5)
        .reduce((sum, [, quantity]) => sum + quantity, 0)
    const [bid, ask] = [depth(this.bids, -1), depth(this.asks, 1)]
    return (bid - ask) / (bid + ask)
  }
}

/** At each minute's beginning, before its first input: the imbalance's sign then, and that of the minute's move after. */
async function predictMinutes(source: Source): Promise<{ hits: number; outcomes: number; returns: number[] }> {
  const [book, returns] = [new Book(), [] as number[]]
  let [minute, entry, last, sign, hits, outcomes] = [0, NaN, NaN, 0, 0, 0]
  await visit(source, (input) => {
    const now = Math.floor(input.tsEvent / 60e6)
    if (now !== minute) {
      const move = Math.sign(last - entry)
      if (move !== 0 && !Number.isNaN(move)) {
        outcomes++
        if (move === sign) hits++
        returns.push(Math.log(last / entry))
      }
      minute = now
      entry = last
      if (last !== book.bestBid && last !== book.bestAsk)
        throw new Error(`the book at ${now} min stands at ${book.bestBid}, the last trade was at ${last}`)
      sign = Math.sign(book.imbalance)
    }
    if (input.kind === 'trade') last = input.price as number
    else book.apply(input)
  })
  return { hits, outcomes, returns }
}

const day = { symbols: ['BTC/USDT'], duration: '10020m', seed: 11 } as const

describe('the planted market', () => {
  test(
    'the imbalance at a minute’s beginning foretells its move as often as Φ(beta) says',
    { timeout: 240_000 },
    async () => {
      const { hits, outcomes } = await predictMinutes(simulatedMarket({ ...day, predictability: 0.6 }))
      expect(outcomes).toBeGreaterThan(9_950)
      // three standard errors of a share of .6 over 10,000
      expect(Math.abs(hits / outcomes - bayesAccuracy(plantedBeta(0.6)))).toBeLessThan(0.0147)
    },
  )
  test('the imbalance always shows the sign, with noise', async () => {
    const book = new Book()
    const shown = new Set<number>()
    await visit(simulatedMarket({ ...day, duration: '20m', predictability: 0.9 }), (input) => {
      if (input.kind !== 'book') return
      book.apply(input)
      expect(Math.abs(book.imbalance)).toBeGreaterThan(0.34)
      expect(Math.abs(book.imbalance)).toBeLessThan(0.66)
      shown.add(book.imbalance)
    })
    expect(shown.size).toBeGreaterThan(1000)
  })
})

describe('the null market', () => {
  test('the imbalance foretells nothing, and moves have no memory', { timeout: 240_000 }, async () => {
    const { hits, outcomes, returns } = await predictMinutes(simulatedMarket(day))
    expect(outcomes).toBeGreaterThan(9_950)
    expect(Math.abs(hits / outcomes - 0.5)).toBeLessThan(0.02)
    const same = returns.filter((move, i) => i > 0 && Math.sign(move) === Math.sign(returns[i - 1]!)).length
    expect(Math.abs(same / (returns.length - 1) - 0.5)).toBeLessThan(0.02)
    // a minute's deviation is 8 bps at the median, and its size clusters
    const sizes = returns.map((move) => Math.abs(move)).toSorted((a, b) => a - b)
    expect(sizes[(sizes.length / 2) | 0]! / (0.6745 * 8e-4)).toBeGreaterThan(0.8)
    expect(sizes[(sizes.length / 2) | 0]! / (0.6745 * 8e-4)).toBeLessThan(1.25)
  })
})

describe('every simulated market', () => {
  const spec = {
    symbols: ['BTC/USDT', 'ETH/USDT', 'XRP/USDT:USDT'],
    duration: '150s',
    seed: 3,
    predictability: 0.6,
  } as const

  test('equal specs give equal inputs; another seed gives others', async () => {
    const inputs = await all(simulatedMarket(spec))
    expect(await all(simulatedMarket(spec))).toEqual(inputs)
    expect(await all(simulatedMarket({ ...spec, seed: 4 }))).not.toEqual(inputs)
    expect(inputs.length).toBeGreaterThan(1000)
  })
  test('a symbol alone is the same as among others', async () => {
    const among = (await all(simulatedMarket(spec))).filter(({ symbol }) => symbol === 'ETH/USDT')
    expect(await all(simulatedMarket({ ...spec, symbols: ['ETH/USDT'] }))).toEqual(among)
  })
  test('times rise from 0 to the end; each second has a trade and ends with a book', async () => {
    const inputs = await all(simulatedMarket(spec))
    const times = inputs.map(({ tsEvent }) => tsEvent)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.every(Number.isSafeInteger)).toBe(true)
    expect([times[0], Math.floor(times.at(-1)! / 1e6)]).toEqual([0, 149])
    const ends = new Map(inputs.map((input) => [`${input.symbol} ${Math.floor(input.tsEvent / 1e6)}`, input.kind]))
    expect(new Set(ends.values())).toEqual(new Set(['book']))
    const alone = inputs.filter(({ symbol, kind }) => symbol === 'BTC/USDT' && kind === 'trade')
    expect(new Set(alone.map(({ tsEvent }) => Math.floor(tsEvent / 1e6))).size).toBe(150)
  })
  test('knows its length, and goes on after what was acknowledged', async () => {
    const source = simulatedMarket(spec)
    await source.prepare?.()
    const inputs = await all(source)
    expect(source.length).toBe(inputs.length)
    expect(await all(source, 700)).toEqual(inputs.slice(700))
    expect(await all(source, inputs.length)).toEqual([])
  })
  test('books have 20 levels a side and never cross; prices and quantities lie on the grid', async () => {
    const source = simulatedMarket(spec)
    const books = new Map(source.instruments.map((one) => [one.symbol, { one, book: new Book() }]))
    const wrong: Input[] = []
    await visit(source, (input) => {
      const { one, book } = books.get(input.symbol)!
      const onGrid = (value: number, { k, scale }: { k: number; scale: number }): boolean =>
        (Math.round((value * scale) / k) * k) / scale === value
      if (input.kind === 'trade') {
        const atTouch = input.price === (input.aggressor === 'buy' ? book.bestAsk : book.bestBid)
        const quantity = input.quantity as number
        if (!atTouch || !onGrid(quantity, one.lot) || !(quantity > 0)) wrong.push(input)
        return
      }
      book.apply(input)
      expect([book.bids.size, book.asks.size]).toEqual([20, 20])
      expect(book.bestBid).toBeLessThan(book.bestAsk)
      expect([...book.bids.keys(), ...book.asks.keys()].filter((price) => !onGrid(price, one.tick))).toEqual([])
    })
    expect(wrong).toEqual([])
  })
  test('bitcoin begins near 60,000 with ticks of 0.1; others by their seed', () => {
    const [btc, eth, xrp] = simulatedMarket(spec).instruments
    expect(btc).toMatchObject({ venue: 'sim', tickSize: 0.1, lotSize: 0.00001 })
    expect([eth?.tickSize, xrp?.tickSize]).toEqual(
      simulatedMarket(spec)
        .instruments.slice(1)
        .map(({ tickSize }) => tickSize),
    )
    expect(xrp?.kind).toBe('linear')
  })
  test('stops when told', async () => {
    const abort = new AbortController()
    let count = 0
    for await (const chunk of simulatedMarket({ ...day }).events({ after: undefined, signal: abort.signal })) {
      count += (chunk as readonly MarketInput[]).length
      abort.abort()
    }
    expect(count).toBeLessThan(2000)
  })
  test.each([
    [{ symbols: [] }, 'sim.symbols'],
    [{ symbols: ['A/B', 'A/B'] as const }, 'sim.symbols'],
    [{ duration: '100ms' as const }, 'sim.duration'],
    [{ predictability: 0.4 }, 'sim.predictability'],
    [{ predictability: 1 }, 'sim.predictability'],
    [{ venues: 3 }, 'sim.venues'],
  ])('%j is an error', (wrong, code) => {
    expect(() => simulatedMarket({ ...spec, ...wrong })).toThrow(expect.objectContaining({ code }))
  })
})

test('beta and its Bayes accuracy are each other’s inverse', () => {
  expect(plantedBeta(0.5)).toBe(0)
  expect(plantedBeta(0.6)).toBeCloseTo(0.2533471031, 9)
  expect(bayesAccuracy(1)).toBeCloseTo(0.8413447461, 9)
  expect(bayesAccuracy(3)).toBeCloseTo(0.998650102, 9)
  for (const accuracy of [0.51, 0.75, 0.99]) expect(bayesAccuracy(plantedBeta(accuracy))).toBeCloseTo(accuracy, 12)
})
