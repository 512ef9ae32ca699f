import { defineModule, defineSource, need, Orchestrator, type FeatureSpec, type MarketInput, type Source, type Usable } from '@tapeloom/core'
import { DataProvider } from '../provider/data-provider.ts'
import type { FaultSpec } from './fault-spec.ts'
import type { VenueBookInput } from './simulated-venue.ts'
import { simulatedVenues } from './simulated-venues.ts'
import { withFaults } from './with-faults.ts'

/** A module that reads books, and what its columns promise. */
export interface BookAuditSpec {
  readonly module: Usable
  /** Its name. */
  readonly name: string
  readonly features: Readonly<Record<string, FeatureSpec>>
  /** Columns of the book as it stands: equal books have equal ones. */
  readonly ofTheBook: readonly string[]
  /** More columns that a book that is not live has none of. */
  readonly ofALiveBook: readonly string[]
}

/** What a module held over a venue with faults. */
export interface BookAudit {
  /** Values out of range or not finite, values while the book was not live, and those that differ from the run without faults. */
  readonly wrong: readonly string[]
  /** Values that were known, and book events of a book that was not live. */
  readonly known: number
  readonly notLive: number
  /** Books that were compared with those of the run without faults. */
  readonly compared: number
}

interface Held {
  /** `ofTheBook` by the venue's number of the message that the book was at. */
  readonly byBook: Map<number, string>
  readonly wrong: string[]
  notLive: number
  known: number
}

const market = (seed: number): Source => simulatedVenues({ symbols: ['BTC/USDT'], duration: '90s', seed, venues: [{ name: 'a' }] })[0]!

/** Runs a module over a simulated venue without and with faults, and compares what it held at each book. */
export async function auditBookModule(spec: BookAuditSpec, seed: number, faults: Omit<FaultSpec, 'seed'>): Promise<BookAudit> {
  const clean = await heldBy(spec, market(seed % 2))
  const faulty = await heldBy(spec, withFaults(market(seed % 2), { seed, ...faults }))
  const wrong = [...clean.wrong, ...faulty.wrong]
  for (const [id, values] of faulty.byBook) {
    if (values !== clean.byBook.get(id)) wrong.push(`book ${id}: ${values} instead of ${clean.byBook.get(id)}`)
  }
  return { wrong, known: faulty.known, notLive: faulty.notLive, compared: faulty.byBook.size }
}

async function heldBy(spec: BookAuditSpec, source: Source): Promise<Held> {
  const { inputs, ids } = await numbered(source)
  const held: Held = { byBook: new Map(), wrong: [], notLive: 0, known: 0 }
  const recorded = defineSource({ name: 'a', instruments: source.instruments, async *events() { yield inputs } })
  const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [recorded] }), modules: [spec.module, auditor(spec, held, ids)] })
  orchestrator.on('module:fault', ({ module, message }) => void held.wrong.push(`${module} ${message}`))
  await orchestrator.run()
  return held
}

/** A module that reads all columns of the other after each event. */
function auditor({ name, features, ofTheBook, ofALiveBook }: BookAuditSpec, held: Held, ids: ReadonlyMap<number, number>) {
  const ranges = Object.entries(features).flatMap(([column, { size, range }]) =>
    Array.from({ length: size ?? 1 }, (_, i) => [size === undefined ? column : `${column}${i}`, range] as const))
  const check = (values: Readonly<Record<string, number>>, what: string): void => {
    for (const [column, [least, most]] of ranges) {
      const value = values[column] ?? NaN
      if (Number.isNaN(value)) continue
      held.known++
      if (!(value >= least && value <= most && Number.isFinite(value))) held.wrong.push(`${column} ${value} at ${what}`)
    }
  }
  return defineModule({
    name: 'auditor', version: '1.0.0', core: '^1.0.0', state: () => ({}),
    requires: { audited: need(name, '^1.0.0', { features: ranges.map(([column]) => column) }) },
    on: {
      trade({ tsInit }, { need: { audited } }) {
        check(audited, `trade ${tsInit}`)
      },
      book(book, { need: { audited } }) {
        check(audited, `book ${book.tsInit}`)
        const id = ids.get(book.tsInit)
        if (book.status === 'live' && id !== undefined) held.byBook.set(id, ofTheBook.map((column) => audited[column]).join())
        if (book.status === 'live') return
        held.notLive++
        for (const column of [...ofTheBook, ...ofALiveBook]) {
          if (!Number.isNaN(audited[column])) held.wrong.push(`${column} ${audited[column]} while ${book.status}`)
        }
      },
    },
  })
}

/** All inputs, each with a time of receipt of its own, and by it the numbers of books: to tell which one a book event is of. */
async function numbered(source: Source): Promise<{ readonly inputs: readonly MarketInput[]; readonly ids: ReadonlyMap<number, number> }> {
  const [inputs, ids] = [[] as MarketInput[], new Map<number, number>()]
  let received = 0
  for await (const some of source.events({ after: undefined, signal: new AbortController().signal })) {
    for (const input of some as readonly MarketInput[]) {
      received = Math.max(received + 1, input.tsInit ?? 0)
      inputs.push({ ...input, tsInit: received })
      if (input.kind === 'book') ids.set(received, (input as VenueBookInput).ids?.last ?? NaN)
    }
  }
  return { inputs, ids }
}
