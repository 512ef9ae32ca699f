// Prints, as JSON, what module-cob and module-microstructure cost on recorded order books (without TAPELOOM_DATA: on a
// synthetic one): a changed level with both of them, each alone; a trade; and a change of the best quote alone. The same
// tape is applied to a book with and without the modules, in turns; CPU time, medians of the differences.
import { existsSync } from 'node:fs'
import { definitionOf, instrument, resolveOptions, TradeTape, type Instrument, type MarketInput, type Module } from '@tapeloom/core'
import { fixtures } from '@tapeloom/core/testing'
import { VenueBook } from '@tapeloom/data/book'
import { captureSource } from '@tapeloom/feeds'
import { cob } from '../../module-cob/src/index.ts'
import { microstructure } from '../src/index.ts'

const [TURNS, WARM_UP] = [15, 4]
const folder = `${process.env['TAPELOOM_DATA'] ?? '../shared/data'}/l2`

interface Tape {
  readonly name: string
  readonly market: Instrument
  readonly events: readonly MarketInput[]
}

async function recorded(name: string, file: string): Promise<Tape> {
  const source = captureSource(`${folder}/${file}`)
  await source.prepare?.()
  const events: MarketInput[] = []
  for await (const batch of source.events({ after: 0, signal: new AbortController().signal })) events.push(...(Array.isArray(batch) ? batch : [batch]) as MarketInput[])
  return { name, market: source.instruments[0]!, events }
}

/** Changes of the best quantities only, one a message. */
const quotes: Tape = {
  name: 'best quotes', market: instrument('BTC/USDT', { venue: 'bench', tickSize: '0.01', lotSize: '0.0001' }),
  events: Array.from({ length: 60_000 }, (_, i): MarketInput => ({
    kind: 'book', symbol: 'BTC/USDT', tsEvent: 10_000 * i, update: i === 0 ? 'snapshot' : 'delta',
    bids: i === 0 ? Array.from({ length: 900 }, (__, k) => [60_000 - k, 2] as const) : i % 2 === 0 ? [[60_000, 1 + (i % 7)]] : [],
    asks: i === 0 ? Array.from({ length: 900 }, (__, k) => [60_001 + k, 2] as const) : i % 2 === 0 ? [] : [[60_001, 1 + (i % 5)]],
  })),
}

interface Running {
  readonly on: Readonly<Record<string, ((event: unknown, context: unknown) => void) | undefined>>
  readonly context: { readonly features: Record<string, number | Float64Array> }
}

/** A module as a host would call it, its columns in a plain object. */
function running(module: Module, market: Instrument): Running {
  const { on = {}, state, features = {}, options: declared } = definitionOf(module)
  const { values: options } = resolveOptions('bench', declared ?? {})
  const slots = Object.entries(features).map(([name, { size }]) => [name, size === undefined ? NaN : new Float64Array(size).fill(NaN)])
  const context = { instrument: market, options, features: Object.fromEntries(slots) as Running['context']['features'], state: state?.(options as never, market), emit: () => {} }
  return { on: on as Running['on'], context }
}

/** Applies the tape to a book, and hands each change to the modules; returns a checksum of what they wrote. */
function play({ market, events }: Tape, modules: readonly Module[], withTrades: boolean): number {
  const book = new VenueBook(market)
  const trade = new TradeTape(market)
  const all = modules.map((module) => running(module, market))
  let sequence = 0
  for (const event of events) {
    if (event.kind === 'book') {
      if (book.apply(event) === 'dropped') continue
      book.tape.stamp[0] = ++sequence
      book.tape.stamp[1] = event.tsEvent
      book.tape.stamp[2] = event.tsInit ?? event.tsEvent
      for (const { on, context } of all) on['book']?.(book.tape.view, context)
    } else if (event.kind === 'trade') {
      trade.tsEvent = event.tsEvent
      trade.tsInit = event.tsInit ?? event.tsEvent
      trade.price = Number(event.price)
      trade.quantity = Number(event.quantity)
      trade.aggressor = event.aggressor
      trade.sequence = ++sequence
      if (withTrades) for (const { on, context } of all) on['trade']?.(trade.view, context)
    }
  }
  return all.reduce((sum, { context }) => sum + Object.values(context.features).reduce((own: number, value) => own + (typeof value === 'number' && value === value ? value : 0), 0), sequence)
}

const cpuNs = () => {
  const { user, system } = process.cpuUsage()
  return 1000 * (user + system)
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

/** Medians of what each contestant takes more than the first, ns; they take turns. */
function beyondFirst(contestants: readonly (() => number)[]): readonly number[] {
  const times = contestants.map(() => [] as number[])
  const sums = new Set<string>()
  for (let turn = 0; turn < WARM_UP + TURNS; turn++) {
    for (const [i, run] of contestants.entries()) {
      const start = cpuNs()
      sums.add(`${i} ${run()}`)
      if (turn >= WARM_UP) times[i]!.push(cpuNs() - start)
    }
  }
  if (sums.size !== contestants.length) throw new Error('two runs over the same tape differ')
  return times.map((own) => median(own.map((time, turn) => time - times[0]![turn]!)))
}

/** Changed levels of all messages that change a book, without its snapshots. */
const levelsOf = ({ events }: Tape): number =>
  events.reduce((sum, event) => sum + (event.kind === 'book' && event.update === 'delta' ? event.bids.length + event.asks.length : 0), 0)

interface Line { readonly what: string; readonly measured: number; readonly unit: 'ns'; readonly target?: number }

function measure(tape: Tape): Line[] {
  const levels = levelsOf(tape)
  const trades = tape.events.filter(({ kind }) => kind === 'trade').length
  const [, both, own, near, quiet] = beyondFirst([
    () => play(tape, [], true), () => play(tape, [cob, microstructure], true), () => play(tape, [microstructure], true),
    () => play(tape, [cob], true), () => play(tape, [microstructure], false),
  ]) as [number, number, number, number, number]
  return [
    { what: `both modules, a changed level, ${tape.name}`, measured: both / levels, unit: 'ns', target: 250 },
    { what: `module-cob, a changed level, ${tape.name}`, measured: near / levels, unit: 'ns', target: 150 },
    { what: `module-microstructure, a changed level, ${tape.name}`, measured: quiet / levels, unit: 'ns' },
    ...(trades > 0 ? [{ what: `module-microstructure, a trade, ${tape.name}`, measured: (own - quiet) / trades, unit: 'ns' as const, target: 150 }] : []),
  ]
}

const files = [['spot BTC/USDT', 'binance-spot_btcusdt_20240808.txt.gz'], ['perpetual BTC/USDT', 'binance-usdm_btcusdt_20240808.txt.gz']] as const
const synthetic: Tape = { ...quotes, name: 'synthetic', events: [...fixtures.book('BTC/USDT', { count: 5000 }), ...fixtures.trades('BTC/USDT', { count: 2500, every: '200ms' })].toSorted((a, b) => (a.tsEvent ?? 0) - (b.tsEvent ?? 0)) }
const tapes = existsSync(`${folder}/${files[0][1]}`) ? await Promise.all(files.map(([name, file]) => recorded(name, file))) : [synthetic]
const [, best] = beyondFirst([() => play(quotes, [], false), () => play(quotes, [microstructure], false)]) as [number, number]
const figures: Line[] = [...tapes.flatMap(measure), { what: 'module-microstructure, a change of the best quote', measured: best / quotes.events.length, unit: 'ns', target: 100 }]
console.log(JSON.stringify({ node: process.version, figures }))
