import { TapeloomError, type Instrument, type Plain, type RunManifest, type Source } from '@tapeloom/core'

/** 2: trades may be brief. */
const FORMAT = 2

/** What stands at the start of each segment: under what the journal may go on, and the meaning of its indices. */
export function journalHeader(manifest: RunManifest, sources: readonly Source[], instruments: readonly Instrument[], settings: Plain): Plain {
  return {
    format: FORMAT,
    stream: 'local',
    manifest: { seed: manifest.seed, plan: manifest.plan, fingerprint: manifest.fingerprint },
    sources: sources.map(({ name }) => name),
    instruments: instruments.map(plainInstrument),
    settings,
  }
}

/** The parts of a journal's header that a reader needs. */
export interface JournalHeader {
  readonly format: number
  readonly manifest: RunManifest
  readonly sources: readonly string[]
  readonly instruments: readonly Instrument[]
}

/** Checks that a journal may be continued. @throws TapeloomError `journal.manifest`, both values named */
export function checkHeader(folder: string, found: Plain, now: Plain): void {
  const difference = differing(found, now, '')
  if (!difference) return
  const { path, before, after } = difference
  throw new TapeloomError(
    'journal.manifest',
    `[journal ${folder}] was written with ${path} = ${before}, now it is ${after}. Use the same again, or a new store.`,
  )
}

/** Whether two plans are the same. */
export const isSamePlan = (one: Plain, other: Plain): boolean => differing(one, other, '') === undefined

const plainInstrument = ({ symbol, venue, kind, tickSize, lotSize, contractSize, tick, lot }: Instrument): Plain => ({
  symbol, venue, kind, tickSize, lotSize, contractSize, tick: { ...tick }, lot: { ...lot },
})

/** The first place where two plain values differ; keys have no order. */
function differing(a: unknown, b: unknown, path: string): { path: string; before: string; after: string } | undefined {
  if (Object.is(a, b)) return undefined
  if (isTree(a) && isTree(b) && Array.isArray(a) === Array.isArray(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
    for (const key of keys) {
      const found = differing(a[key], b[key], path === '' ? key : `${path}.${key}`)
      if (found) return found
    }
    return undefined
  }
  return { path, before: shown(a), after: shown(b) }
}

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}
