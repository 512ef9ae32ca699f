import { join } from 'node:path'
import {
  decodePlain, encodePlain, TapeloomError, type HostRecord, type HungModule, type Instrument, type Plain, type RunManifest, type Source,
} from '@tapeloom/core'
import { KIND, NONE, type MarketRecord } from '../ingest/market-record.ts'
import { forgetHung, foundHung, hungMarker } from './hung-module.ts'
import { checkHeader, journalHeader } from './journal-manifest.ts'
import { findJournal, JournalReader } from './journal-reader.ts'
import { JournalWriter } from './journal-writer.ts'
import { keepSnapshotFile, newestSnapshotFile } from './snapshot-files.ts'

const HOST_KINDS = ['command', 'inference', 'swap', 'fault'] as const
const NO_BYTES = new Uint8Array(0)

/** What a run's journal is told beside its manifest. */
export interface JournalAround {
  readonly sources: readonly Source[]
  readonly instruments: readonly Instrument[]
  readonly settings: Plain
}

/** The journal of one run: first the records of an earlier run of the same manifest, again, then new ones. */
export class RunJournal {
  /** Its last record when it was opened; 0: it is new. */
  readonly end: number
  /** Bytes of a torn tail that were cut. */
  readonly cutBytes: number
  readonly #folder: string
  readonly #writer: JournalWriter
  readonly #firstSequence: number
  #reader: JournalReader | undefined

  /** @throws TapeloomError `journal.manifest`, `journal.corrupt`, `journal.write` */
  constructor(folder: string, manifest: RunManifest, { sources, instruments, settings }: JournalAround) {
    const header = journalHeader(manifest, sources, instruments, settings)
    const found = findJournal(folder)
    if (found) checkHeader(folder, found.header, header)
    this.end = found?.end.sequence ?? 0
    this.cutBytes = found?.cutBytes ?? 0
    this.#folder = folder
    this.#firstSequence = found?.firstSequence ?? 1
    this.#writer = new JournalWriter(folder, header, found?.end ?? { segment: 0, bytes: 0, sequence: 0 })
    if (this.end > 0) this.#reader = new JournalReader(folder, 0)
  }

  /** Whether records of the earlier run are still to be run again. */
  get recovering(): boolean {
    return this.#reader !== undefined && this.#reader.sequence < this.end
  }
  /** Records that are not written yet. */
  get waiting(): number {
    return this.#writer.waiting
  }
  get acknowledged(): number {
    return this.#writer.acknowledged
  }
  /** The module that never returned in the run before. @throws TapeloomError `module.hung` when it would hang again */
  get hung(): HungModule | undefined {
    return foundHung(this.#folder, this.end)
  }
  /** Where a watchdog notes such a module. */
  get hungMarker(): string {
    return hungMarker(this.#folder)
  }

  /**
   * The newest snapshot to restore, cut at or before `through`: what a store has not got is made again.
   * @throws TapeloomError `journal.snapshot` when there is none but one is needed
   */
  snapshot(through = Infinity): Uint8Array | undefined {
    const found = newestSnapshotFile(join(this.#folder, 'snapshots'), Math.min(this.end, through))
    if (!found && this.#firstSequence > 1) {
      throw new TapeloomError(
        'journal.snapshot',
        `[journal ${this.#folder}] begins at ${this.#firstSequence}, and no snapshot before it is whole. Restore one, or begin a new store.`,
      )
    }
    return found?.bytes
  }

  /** A snapshot cut after `sequence` was restored: records go on behind it. */
  restored(sequence: number): void {
    this.#reader?.close()
    this.#reader = sequence < this.end ? new JournalReader(this.#folder, sequence) : undefined
  }

  /** Decodes the next record of the earlier run: a market input, or one of the host's, with its `payload`. */
  next(record: MarketRecord): 'market' | 'host' | 'end' {
    if (!this.#reader?.next(record)) {
      this.#reader?.close()
      this.#reader = undefined
      return 'end'
    }
    if (isHostRecord(record)) return 'host'
    if (record.kind === KIND.fault) decodeFault(record, this.#reader.rest)
    return 'market'
  }

  /** The payload of the host's record that `next` found, encoded. */
  get payload(): Uint8Array {
    return this.#reader?.rest ?? NO_BYTES
  }

  /** Appends a market input; while an earlier run is run again, it is already here. */
  append(sequence: number, record: MarketRecord): void {
    if (sequence <= this.end) return
    this.#writer.append(sequence, record, record.kind === KIND.fault ? encodeFault(record) : undefined)
  }

  appendHost(sequence: number, record: MarketRecord, kind: HostRecord['kind'], payload: Plain): void {
    record.kind = KIND[kind]
    record.source = record.market = NONE
    record.flags = 0
    record.text = ''
    if (sequence <= this.end) return
    this.#writer.append(sequence, record, encodePlain(payload))
    if (kind !== 'fault') return
    this.#writer.write()
    forgetHung(this.#folder)
  }

  write(): void {
    this.#writer.write()
  }

  /** Keeps a snapshot cut after `sequence`, which is written first. */
  keepSnapshot(sequence: number, bytes: Uint8Array): void {
    this.#writer.write()
    keepSnapshotFile(join(this.#folder, 'snapshots'), sequence, bytes)
  }

  close(): void {
    this.#reader?.close()
    this.#writer.close()
  }
}

/** Of which kind a record of the host's is. */
export const hostKind = ({ kind }: MarketRecord): HostRecord['kind'] => HOST_KINDS.find((name) => KIND[name] === kind)!

/** Whether a record is one of the host's. */
export const isHostRecord = ({ kind, source, text }: MarketRecord): boolean =>
  kind === KIND.command || kind === KIND.inference || kind === KIND.swap || (kind === KIND.fault && source === NONE && text === '')

const encodeFault = ({ message, raw }: MarketRecord): Uint8Array => encodePlain([message, raw])

function decodeFault(record: MarketRecord, rest: Uint8Array): void {
  const [message = '', raw = ''] = decodePlain(rest) as unknown as readonly string[]
  record.message = message
  record.raw = raw
}
