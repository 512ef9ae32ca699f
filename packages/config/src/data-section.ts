import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { TapeloomError, type Logger, type MarketSymbol, type Source } from '@tapeloom/core'
import { DataProvider, parquetSource, type DataProviderOptions } from '@tapeloom/data'
import type { SimulatedVenueSpec } from '@tapeloom/data/sim'
import { nodeAt, type ConfigNode } from './config-node.ts'
import type { ConfigShape, LiveShape, SimShape } from './config-schema.ts'
import type { Mistakes } from './mistakes.ts'
import { importExports } from './module-import.ts'
import { storeOf } from './store-section.ts'
import { redacted } from './variables.ts'

/** What takes the place of what the configuration says. */
export interface DataOverrides {
  readonly sources?: readonly Source[]
  /** `memory`, or the path of a database relative to the working folder; the journal is then beside it. */
  readonly store?: string
  /** Where a live source says what becomes of its connection. */
  readonly logger?: Logger
  /** Makes what gets the traffic of a live source, as lines of a capture. */
  readonly capture?: (venue: string, symbols: readonly MarketSymbol[]) => (line: string) => void
}

type DataShape = NonNullable<ConfigShape['data']>
type SourceShape = Exclude<NonNullable<DataShape['sources']>[number], string>

/** What is needed to make one part of the data section. */
export interface Surroundings {
  readonly folder: string
  readonly seed: number
  readonly mistakes: Mistakes
  readonly logger?: Logger | undefined
  readonly capture?: DataOverrides['capture'] | undefined
}

/** Makes the data side of a configuration: nothing is opened yet. */
export async function dataOf(
  root: ConfigNode, data: DataShape, { folder, seed, mistakes }: Surroundings, overrides: DataOverrides,
): Promise<DataProvider> {
  const around = { folder, seed, mistakes, logger: overrides.logger, capture: overrides.capture }
  const sources = overrides.sources ?? (await sourcesOf(root, data, around))
  const store = await storeOf(root, data.store, overrides.store, around)
  const { timeframes, priceVenue, trades } = data
  const { logger } = overrides
  const journal = overrides.store === undefined ? data.journal : undefined // that of another store is none of its
  return new DataProvider({
    sources,
    ...(store && { store }),
    ...(timeframes && { timeframes }),
    ...(trades !== undefined && { trades }),
    ...(priceVenue && { priceVenue: priceVenue as NonNullable<DataProviderOptions['priceVenue']> }),
    ...(journal !== undefined && { journal: resolve(folder, journal) }),
    ...(logger && { behind: (error: TapeloomError) => logger.error(error.message) }),
  })
}

/** Makes the sources of a configuration: nothing is opened yet. */
export async function sourcesOf(root: ConfigNode, { sources = [] }: DataShape, around: Surroundings): Promise<readonly Source[]> {
  const made: Source[] = []
  for (const [i, entry] of sources.entries()) {
    const node = nodeAt(root, ['data', 'sources', i]) as ConfigNode
    try {
      const source = typeof entry === 'string' ? await ownSource(entry, undefined, node, around) : await sourceOf(entry, node, around)
      if (source) made.push(...(isSource(source) ? [source] : source))
    } catch (error) {
      if (!(error instanceof TapeloomError)) throw error
      const message = redacted(error.message, node)
      // its text stands in its stack, too: what may not be told is no cause either
      around.mistakes.add(error.code, node, message.replace(/^\[([^\]]+)\] /, '$1: '), message === error.message ? error : undefined)
    }
  }
  return made
}

async function sourceOf(entry: SourceShape, node: ConfigNode, around: Surroundings): Promise<Source | readonly Source[] | undefined> {
  const { live, sim, parquet, capture, use, options, symbol, venue, timeframe } = entry
  if (live) return liveOf(live, nodeAt(node, ['live']), around)
  if (sim) return simOf(sim, around)
  if (use !== undefined) return ownSource(use, options, node, around)
  if (parquet !== undefined) {
    const says = { ...(symbol && { symbol }), ...(venue !== undefined && { venue }), ...(timeframe && { timeframe }) }
    const files = filesOf(parquet, nodeAt(node, ['parquet']), around)
    return files && parquetSource(...files, says)
  }
  const files = filesOf(capture ?? [], nodeAt(node, ['capture']), around)
  const feeds = await ownPackage('@tapeloom/feeds', nodeAt(node, ['capture']), around)
  return files && feeds && (feeds['captureSource'] as (...paths: readonly string[]) => Source)(...files)
}

/** One market, or where venues are named a source for each of them. */
async function simOf({ venues, predictability, seed, ...says }: SimShape, around: Surroundings): Promise<Source | readonly Source[]> {
  const { simulatedMarket, simulatedVenues } = await import('@tapeloom/data/sim')
  const spec = { ...says, seed: seed ?? around.seed }
  if (!venues) return simulatedMarket({ ...spec, ...(predictability !== undefined && { predictability }) })
  if (predictability === undefined) return simulatedVenues({ ...spec, venues: venues as readonly SimulatedVenueSpec[] })
  const message = '[simulatedVenues] predictability is for a market without venues. Leave out one of them.'
  throw new TapeloomError('sim.venues', message)
}

async function liveOf({ venue, ...says }: LiveShape, node: ConfigNode | undefined, around: Surroundings): Promise<Source | undefined> {
  const feeds = await ownPackage('@tapeloom/feeds', node, around)
  if (!feeds) return undefined
  const makers = feeds['liveVenues'] as Readonly<Record<LiveShape['venue'], (options: object) => Source>>
  const { logger, capture } = around
  const log = (message: string, level: 'info' | 'warn') => logger?.[level](message)
  const kept = capture?.(venue, says.symbols)
  return makers[venue]({ seed: around.seed, ...says, ...(logger && { log }), ...(kept && { capture: kept }) })
}

/** Files of a source as full paths; a missing one is a mistake. */
function filesOf(
  given: string | readonly string[], node: ConfigNode | undefined, { folder, mistakes }: Surroundings,
): readonly string[] | undefined {
  const files = typeof given === 'string' ? [given] : given
  const missing = files.filter((file) => !existsSync(resolve(folder, file)))
  for (const file of missing) {
    const at = node?.kind === 'list' ? node.items[files.indexOf(file)] : node
    const what = `file '${file}' does not exist in ${folder}. Check the path; it is relative to the configuration.`
    mistakes.add('source.missing', at, redacted(what, at))
  }
  return missing.length > 0 ? undefined : files.map((file) => resolve(folder, file))
}

/** A source of the user's: an export that is one, or makes one from the given options. */
async function ownSource(
  specifier: string, options: unknown, node: ConfigNode, { folder, mistakes }: Surroundings,
): Promise<Source | undefined> {
  const at = nodeAt(node, ['use']) ?? node
  const imported = await importExports(specifier, folder)
  if (!('ok' in imported)) {
    const message = redacted(imported.message.replace(/^module /, 'source '), at)
    return void mistakes.add(imported.code.replace('module.', 'source.'), at, message)
  }
  const [, name] = specifier.split('#')
  const names = Object.keys(imported.ok)
  const picked = name ?? (names.length === 1 ? names[0] : undefined)
  const found = picked === undefined ? undefined : imported.ok[picked]
  const failed = (error: unknown) => {
    if (error instanceof TapeloomError) throw error
    const what = `'${specifier}' failed: ${(error instanceof Error ? error.message : String(error)).replace(/\.?$/, '')}. Correct it or its options.`
    return void mistakes.add('source.failed', at, redacted(redacted(what, node), at))
  }
  const make = async (): Promise<unknown> => (typeof found === 'function' ? (found as (given: unknown) => unknown)(options) : found)
  const source = await make().then((made) => ({ made }), failed)
  if (!source) return undefined
  if (isSource(source.made)) return source.made
  const choice = names.map((each) => `${specifier}#${each}`).join(', ')
  const wrong = picked === undefined ? `exports ${names.length} things. Pick one: ${choice}.`
    : `has no source '${picked}'. Export what defineSource returns, or a function that returns it.`
  return void mistakes.add('source.export', at, redacted(`'${specifier}' ${wrong}`, at))
}

function isSource(value: unknown): value is Source {
  const { name, events } = (value ?? {}) as { name?: unknown; events?: unknown }
  return typeof name === 'string' && typeof events === 'function'
}

/** A package of ours that only some configurations need, so that it is no dependency. */
export async function ownPackage(name: string, node: ConfigNode | undefined, { folder, mistakes }: Surroundings) {
  const imported = await importExports(name, folder)
  if ('ok' in imported) return imported.ok
  const isAbsent = imported.code === 'module.not-installed'
  const absent = `what stands here needs ${name}, which is not installed. Run: npm i ${name}`
  return void mistakes.add(imported.code, node, isAbsent ? absent : imported.message)
}
