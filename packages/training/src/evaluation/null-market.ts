import { createRandom, fromGrid, TapeloomError, type CandleMessage, type Instrument, type MarketInput, type MarketSymbol, type Source } from '@tapeloom/core'

/**
 * The same source with the sign of each candle's move thrown anew: the sizes of the moves, their times and their volume
 * stay, whether it goes up or down becomes a coin. A model that is right more often than a coin here sees the future.
 * `events` throws TapeloomError `training.null-market` at a trade, a book, or a second timeframe of a symbol.
 */
export function nullMarket(source: Source, seed: number): Source {
  const { prepare, absentMeans } = source
  return {
    name: source.name,
    live: source.live,
    get instruments() { return source.instruments },
    get length() { return source.length },
    ...(absentMeans !== undefined && { absentMeans }),
    ...(prepare && { prepare: () => source.prepare!() }),
    async *events(from) {
      const walks = new Map<MarketSymbol, Walk>()
      for await (const inputs of source.events(from)) {
        const list: readonly MarketInput[] = Array.isArray(inputs) ? (inputs as readonly MarketInput[]) : [inputs as MarketInput]
        yield list.map((input) => {
          if (input.kind === 'gap' || input.kind === 'reject') return input
          if (input.kind !== 'candle') throw notNull(`it has ${input.kind === 'trade' ? 'trades' : 'books'}`)
          return mirrored(input, walkOf(walks, source, input, seed))
        })
      }
    },
  }
}

type CandleInput = Extract<MarketInput, CandleMessage>
interface Walk {
  readonly random: ReturnType<typeof createRandom>
  readonly instrument: Instrument
  readonly timeframe: string
  /** Price so far, and the last close of the true market. */
  price: number
  close: number
}

function walkOf(walks: Map<MarketSymbol, Walk>, source: Source, { symbol, timeframe, open }: CandleInput, seed: number): Walk {
  const known = walks.get(symbol)
  if (known && known.timeframe !== timeframe) throw notNull(`${symbol} has candles of ${known.timeframe} and ${timeframe}`)
  if (known) return known
  const instrument = source.instruments.find((one) => one.symbol === symbol)
  if (!instrument) throw notNull(`${symbol} has no instrument`)
  const walk = { random: createRandom(seed, 'null-market', symbol), instrument, timeframe, price: Number(open), close: Number(open) }
  walks.set(symbol, walk)
  return walk
}

function mirrored(input: CandleInput, walk: Walk): CandleInput {
  const { tick, tickSize } = walk.instrument
  const sign = walk.random.next() < 0.5 ? -1 : 1
  const moved = (price: number | string) => walk.price * Math.exp(sign * Math.log(Number(price) / walk.close))
  const onGrid = (price: number) => fromGrid(tick, Math.max(1, Math.round(price / tickSize)))
  const [open, close, a, b] = [input.open, input.close, input.high, input.low].map((price) => onGrid(moved(price))) as [number, number, number, number]
  walk.price = moved(input.close)
  walk.close = Number(input.close)
  return { ...input, open, close, high: Math.max(open, close, a, b), low: Math.min(open, close, a, b) }
}

const notNull = (what: string): TapeloomError =>
  new TapeloomError('training.null-market', `[null market] ${what}, whose moves cannot be mirrored. Give candles of one timeframe a symbol.`)
