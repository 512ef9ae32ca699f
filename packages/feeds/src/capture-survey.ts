import { basename } from 'node:path'
import { instrument, TapeloomError, type Instrument } from '@tapeloom/core'
import { BinanceParser } from './binance/binance-parser.ts'
import { unifiedSymbol } from './binance/binance-symbol.ts'
import type { BinanceMessage } from './binance/binance-message.ts'
import { CaptureReader } from './capture-reader.ts'
import { exchangeOf, WireSurvey } from './wire-survey.ts'

/** What a capture holds, by its name and its lines. */
export interface CaptureSurvey {
  readonly file: string
  readonly venue: string
  /** The exchange that the header of recorded traffic names; undefined for lines `<receive time, ns> <JSON message>`. */
  readonly exchange?: string
  /** By the venue's own symbol. Tick and lot are the most decimals seen. */
  readonly instruments: ReadonlyMap<string, Instrument>
  /** Whose the snapshots are that do not name their symbol: the one in the file's name, else the only one. */
  readonly nameless: string | undefined
  /** Trades, book updates and snapshots. */
  readonly events: number
}

interface Decimals {
  price: number
  quantity: number
}

/**
 * Finds venue and instruments of a capture, reading all of it: the finest step may come late. Recorded traffic names its
 * exchange in the first line. Of Binance text, the venue is the file's name up to the first `_`, as in
 * `binance-spot_btcusdt_20240808.txt.gz`, else told by how updates are numbered.
 * @throws TapeloomError `feed.format` when no line is a message of the venue; `feed.venue`; `feed.file`
 */
export async function surveyCapture(file: string): Promise<CaptureSurvey> {
  const parser = new BinanceParser()
  const seen = new Map<string, Decimals>()
  let futures = false
  let events = 0
  let wire: WireSurvey | undefined
  let isFirst = true
  await eachLine(file, (reader) => {
    const exchange = isFirst ? exchangeOf(reader.whole()) : undefined
    isFirst = false
    if (exchange !== undefined) wire = new WireSurvey(exchange, file)
    if (wire) return wire.visit(reader)
    const message = parser.parse(reader.bytes, reader.start, reader.end)
    if (message.kind === 'broken' || message.kind === 'other') return
    futures ||= !Number.isNaN(message.previous)
    if (message.kind !== 'quote') events++
    measure(message, seen)
  })
  if (wire) return (wire as WireSurvey).result()
  const venue = /^(binance-[a-z]+)_/.exec(basename(file))?.[1] ?? (futures ? 'binance-usdm' : 'binance-spot')
  const instruments = new Map<string, Instrument>()
  const unnamed = seen.get('') ?? { price: 0, quantity: 0 }
  seen.delete('')
  const named = basename(file).split('_')[1]?.toUpperCase() ?? ''
  const [only] = seen.size === 1 ? seen.keys() : []
  const nameless = seen.has(named) ? named : only
  for (const [raw, decimals] of seen) {
    const symbol = unifiedSymbol(raw, venue !== 'binance-spot')
    if (!symbol) continue
    const { price, quantity } = raw === nameless ? widest(decimals, unnamed) : decimals
    instruments.set(raw, instrument(symbol, { venue, tickSize: stepOf(price), lotSize: stepOf(quantity) }))
  }
  if (instruments.size > 0) return { file, venue, instruments, nameless, events }
  throw new TapeloomError(
    'feed.format',
    `[feed '${file}'] holds no message of Binance, nor a header of recorded traffic, nor a book or orders of a venue. ` +
      'Give a capture with lines `<receive time, ns> <JSON message>`, or one that begins with {"t":"header","exchange":…}.',
  )
}

async function eachLine(file: string, visit: (reader: CaptureReader) => void): Promise<void> {
  const reader = new CaptureReader(file)
  try {
    while (await reader.load()) while (reader.next()) visit(reader)
  } catch (error) {
    // What comes before the break is enough here; whoever reads it all is told.
    if (!(error instanceof TapeloomError && error.code === 'feed.truncated')) throw error
  } finally {
    await reader.close()
  }
}

function measure(message: BinanceMessage, seen: Map<string, Decimals>): void {
  const decimals = seen.get(message.symbol) ?? { price: 0, quantity: 0 }
  seen.set(message.symbol, decimals)
  if (message.kind === 'trade') {
    decimals.price = decimalsOf(message.price, decimals.price)
    decimals.quantity = decimalsOf(message.quantity, decimals.quantity)
  }
  for (let i = 0; i < message.bids + message.asks; i++) {
    decimals.price = decimalsOf(message.levels[2 * i]!, decimals.price)
    decimals.quantity = decimalsOf(message.levels[2 * i + 1]!, decimals.quantity)
  }
}

const widest = (a: Decimals, b: Decimals): Decimals => ({
  price: Math.max(a.price, b.price),
  quantity: Math.max(a.quantity, b.quantity),
})

/** Decimals of the shortest text of a number, at least `known`; a grid has at most 15. */
function decimalsOf(value: number, known: number): number {
  if (Number.isInteger(value)) return known
  const [digits = '', exponent = '0'] = String(value).split('e')
  return Math.min(15, Math.max(known, (digits.split('.')[1]?.length ?? 0) - Number(exponent)))
}

const stepOf = (decimals: number): string => (decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`)
