import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigurableOrchestrator } from '@tapeloom/config'
import { Orchestrator, type Logger, type MarketInput, type MarketSymbol, type Source } from '@tapeloom/core'
import { DataProvider, journalSource } from '@tapeloom/data'
import { VenueBook } from '@tapeloom/data/book'
import { captureSource } from '@tapeloom/feeds'
import { cob } from '@tapeloom/module-cob'
import type { VenueServer, VenueName } from './venue-server.ts'

/** Where recorded data is looked for. */
export const recordings = process.env['TAPELOOM_DATA'] ?? resolve(import.meta.dirname, '../../../../shared/data')

/** A folder in which the packages of this repository are installed; whoever asks for it removes it. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tapeloom-live-'))
  const [home, packages] = [join(folder, 'node_modules/@tapeloom'), resolve(import.meta.dirname, '../../../packages')]
  mkdirSync(home, { recursive: true })
  for (const name of readdirSync(packages).toSorted()) symlinkSync(join(packages, name), join(home, name), 'junction')
  return folder
}

/** Writes the configuration of a run against a local venue; returns its path. */
export function writeConfig(
  folder: string, venue: VenueName, symbols: readonly MarketSymbol[], { urls }: Pick<VenueServer, 'urls'>, more: object = {},
): string {
  const live = { venue, symbols, urls, silence: '400ms', backOff: { first: '5ms', most: '40ms', stable: '100ms' }, ...more }
  const config = { orchestrator: { modules: ['cob_module'] }, data: { sources: [{ live }], store: 'run.duckdb' } }
  const file = join(folder, 'live.json')
  writeFileSync(file, JSON.stringify(config))
  return file
}

/** A book's levels, best first, and how far it is known. */
export interface Depth {
  readonly bids: readonly (readonly [price: number, quantity: number])[]
  readonly asks: readonly (readonly [price: number, quantity: number])[]
  readonly from: number
  readonly to: number
}

/** The last book of each symbol that a source's inputs make; undefined where it is not whole at the end. */
export async function finalBooks(source: Source): Promise<ReadonlyMap<MarketSymbol, Depth | undefined>> {
  await source.prepare?.()
  const books = new Map(source.instruments.map((one) => [one.symbol, new VenueBook(one)]))
  for await (const some of source.events({ after: undefined, signal: new AbortController().signal })) {
    for (const input of Array.isArray(some) ? some : [some]) {
      const book = input.kind === 'reject' ? undefined : books.get(input.symbol)
      if (input.kind === 'book') book?.apply(input)
      else if (input.kind === 'gap') book?.lose()
    }
  }
  return new Map([...books].map(([symbol, book]) => [symbol, book.status === 'live' ? depthOf(book) : undefined]))
}

function depthOf(book: VenueBook): Depth {
  const side = (name: 'bid' | 'ask') => {
    const ladder = name === 'bid' ? book.ladder.bids : book.ladder.asks
    const [prices, quantities] = [new Float64Array(ladder.levels), new Float64Array(ladder.levels)]
    const known = book.depth(name, ladder.levels, prices, quantities)
    return Array.from({ length: known }, (_, i) => [prices[i]!, quantities[i]!] as const)
  }
  return { bids: side('bid'), asks: side('ask'), from: book.knownBidsFrom, to: book.knownAsksTo }
}

/** Levels of one of two books that the other has otherwise, within what both know. */
export function differences(one: Depth, other: Depth): number {
  const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)]
  const levels = ({ bids, asks }: Depth) => new Map([
    ...bids.filter(([price]) => price >= from).map(([price, quantity]) => [`bid ${price}`, quantity] as const),
    ...asks.filter(([price]) => price <= to).map(([price, quantity]) => [`ask ${price}`, quantity] as const),
  ])
  const [a, b] = [levels(one), levels(other)]
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key) !== b.get(key)).length
}

/** What came of a live run. */
export interface LiveRun {
  readonly log: readonly string[]
  readonly journalHash: string
  readonly events: { readonly trade: number; readonly book: number; readonly candle: number }
  /** Last sequence of the journal. */
  readonly sequence: number
  /** The books as modules saw them last: status and best prices. */
  readonly seen: ReadonlyMap<MarketSymbol, string>
}

/** Runs a configuration until the server has played everything and all books are whole again, then ends it as Ctrl-C does. */
export async function runLive(
  config: string, server: VenueServer, symbols: number, { limitMs = 20_000, capture = '' } = {},
): Promise<LiveRun> {
  const [log, abort, seen] = [[] as string[], new AbortController(), new Map<MarketSymbol, string>()]
  const note = (message: string) => void log.push(message)
  const logger: Logger = { debug: () => undefined, info: note, warn: note, error: note }
  const keep = () => (line: string) => capture !== '' && appendFileSync(capture, `${line}\n`)
  const orchestrator = await ConfigurableOrchestrator.load(config, { logger, capture: keep })
  orchestrator.on('book', ({ symbol, status, bestBid, bestAsk }) => void seen.set(symbol, `${status} ${bestBid} ${bestAsk}`))
  try {
    const run = orchestrator.run({ signal: abort.signal })
    await Promise.race([server.done, run])
    const heard = () => [...seen.values()].filter((one) => one.startsWith('live')).length
    let [done, still] = [-1, 0]
    for (let left = limitMs; left > 0 && still < 20; left -= 5) {
      await sleep(5)
      const isQuiet = awaited(log) === 0 && heard() === symbols && orchestrator.progress().done === done
      still = isQuiet ? still + 1 : 0 // the run has caught up with its source
      done = orchestrator.progress().done
    }
    abort.abort()
    const { journalHash, events } = await run
    return { log, journalHash, events, sequence: orchestrator.status().sequence, seen }
  } finally {
    await orchestrator.stop()
  }
}

/** How many books the log leaves unmade, or 1 while there is no connection. */
function awaited(log: readonly string[]): number {
  const opened = log.findLastIndex((line) => line.includes('] connected.'))
  const ended = log.findLastIndex((line) => line.includes('next attempt in'))
  if (opened < 0 || ended > opened) return 1
  const open = log.slice(opened)
  const lost = open.filter((line) => line.includes('book is lost')).length
  return Math.max(0, lost + 1 - open.filter((line) => line.includes('book is live')).length)
}

/** Replays a run's journal; returns the hash and the last sequence. */
export async function replayJournal(database: string): Promise<{ readonly journalHash: string; readonly sequence: number }> {
  const data = new DataProvider({ sources: [journalSource(database)] })
  const orchestrator = new Orchestrator({ data, modules: [cob] })
  const { journalHash } = await orchestrator.run()
  const { sequence } = orchestrator.status()
  await orchestrator.stop()
  return { journalHash, sequence }
}

/** Trades and books of a source as lines, of the same form whatever the source. */
export async function heard(source: Source): Promise<readonly string[]> {
  await source.prepare?.()
  const lines: string[] = []
  const ids = new Set<string>()
  for await (const some of source.events({ after: undefined, signal: new AbortController().signal })) {
    for (const input of Array.isArray(some) ? (some as readonly MarketInput[]) : [some as MarketInput]) {
      if (input.kind !== 'trade' && input.kind !== 'book') continue
      const id = input.kind === 'trade' && input.id !== undefined ? `${input.symbol} ${input.id}` : ''
      if (id !== '' && ids.has(id)) continue // told twice, counted once
      ids.add(id)
      const { sourceSequence: _, ...rest } = input
      lines.push(JSON.stringify(rest, Object.keys(rest).toSorted()))
    }
  }
  return lines
}

/** The books that a capture ends with. */
export const capturedBooks = (capture: string): ReturnType<typeof finalBooks> => finalBooks(captureSource(capture))
