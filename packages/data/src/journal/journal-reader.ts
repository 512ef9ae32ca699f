import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync, fstatSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { decodePlain, TapeloomError, type Plain } from '@tapeloom/core'
import type { MarketRecord } from '../ingest/market-record.ts'
import { BlockMemory } from './brief-trade.ts'
import { BLOCK_HEADER, isIntact, MAGIC, readBlockHeader, type BlockHeader } from './journal-block.ts'
import { segmentName, type JournalEnd } from './journal-writer.ts'
import { decodeRecord, RecordBuffer } from './record-codec.ts'

/** A journal as it lies on the disk. */
export interface FoundJournal {
  /** What the newest segment's header says. */
  readonly header: Plain
  readonly end: JournalEnd
  /** Its first record. */
  readonly firstSequence: number
  /** Bytes of the torn tail that were cut. */
  readonly cutBytes: number
}

/**
 * Looks at a journal and cuts its torn tail, a block that was being written when the process ended: it was never
 * acknowledged. Returns undefined where there is no journal.
 * @throws TapeloomError `journal.corrupt` when a block in the middle is damaged
 */
export function findJournal(folder: string): FoundJournal | undefined {
  for (let segment = lastSegment(folder), cutBytes = 0; segment > 0; segment--) {
    const file = new SegmentFile(join(folder, segmentName(segment)))
    try {
      const header = file.header()
      const { bytes, sequence } = file.lastBlock()
      cutBytes += file.size - bytes
      if (header && file.size > bytes) truncateSync(file.path, bytes)
      if (!header) rmSync(file.path) // the header itself was torn: the segment before is the newest
      if (!header) continue
      const first = firstSequenceOf(folder)
      return { header: header.value, end: { segment, bytes, sequence: sequence ?? header.firstSequence - 1 }, firstSequence: first, cutBytes }
    } finally {
      file.close()
    }
  }
  return undefined
}

/**
 * The sequence of the last record that a journal holds whole; undefined where there is no journal. Nothing is changed: it
 * may be in use.
 */
export function journalEnd(folder: string): number | undefined {
  for (const segment of segments(folder).toReversed()) {
    const file = new SegmentFile(join(folder, segmentName(segment)))
    try {
      const header = file.header()
      if (header) return file.lastBlock().sequence ?? header.firstSequence - 1
    } finally {
      file.close()
    }
  }
  return undefined
}

/** What the first segment's header says; undefined where there is no journal. Nothing is changed: it may be in use. */
export function readJournalHeader(folder: string): Plain | undefined {
  const [first] = segments(folder)
  if (first === undefined) return undefined
  const file = new SegmentFile(join(folder, segmentName(first)))
  try {
    return file.header()?.value
  } finally {
    file.close()
  }
}

/** Reads the records of a journal in order, from a sequence on, checking each block. */
export class JournalReader {
  readonly #folder: string
  readonly #tornEnd: boolean
  #segment: number
  #file: SegmentFile | undefined
  #buffer = new RecordBuffer(0)
  readonly #memory = new BlockMemory()
  #at = 0
  #end = 0
  /** The record that `next` read. */
  sequence: number
  /** Its raw rest; valid until the next call. */
  rest: Uint8Array = new Uint8Array(0)

  /**
   * @param after records after this sequence are read
   * @param tornEnd whether a block that is torn, with none behind it, is the end rather than damage
   */
  constructor(folder: string, after: number, tornEnd = false) {
    this.#folder = folder
    this.#tornEnd = tornEnd
    this.sequence = after
    this.#segment = segmentOf(folder, after + 1)
  }

  /** Decodes the next record into `record`; false at the end. @throws TapeloomError `journal.corrupt` */
  next(record: MarketRecord): boolean {
    const after = this.sequence
    do {
      while (this.#at >= this.#end) if (!this.#nextBlock(after)) return false
      const { next, rest } = decodeRecord(this.#buffer, this.#at, record, this.#memory)
      this.#at = next
      this.rest = rest
      this.sequence++
    } while (this.sequence <= after)
    return true
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #nextBlock(after: number): boolean {
    for (;;) {
      if (!this.#file) {
        const path = join(this.#folder, segmentName(this.#segment))
        if (!existsSync(path)) return false
        this.#file = new SegmentFile(path)
      }
      const header = this.#file.next()
      if (!header) {
        if (this.#file.at < this.#file.size) {
          if (this.#tornEnd && this.#file.isTorn()) return false
          throw corrupt(this.#file.path, this.#file.at)
        }
        this.close()
        this.#segment++
      } else if (header.magic === MAGIC.records && header.firstSequence + header.count > after + 1) {
        const block = this.#file.payload(header)
        this.#buffer = new RecordBuffer(block)
        this.#memory.clear()
        this.#at = 0
        this.#end = block.byteLength
        this.sequence = header.firstSequence - 1
        return true
      } else this.#file.skip(header)
    }
  }
}

/** Walks over the blocks of one segment. */
class SegmentFile {
  readonly path: string
  readonly size: number
  /** Where the next block begins. */
  at = 0
  readonly #file: number

  constructor(path: string) {
    this.path = path
    this.#file = openSync(path, 'r')
    this.size = fstatSync(this.#file).size
  }

  /** What the segment's header says; undefined when it is torn. */
  header(): { readonly value: Plain; readonly firstSequence: number } | undefined {
    const header = this.next()
    if (header?.magic !== MAGIC.header) return undefined
    const block = this.#read(this.at, BLOCK_HEADER + header.length)
    if (!isIntact(block)) return undefined
    this.skip(header)
    const length = new DataView(block.buffer).getFloat64(BLOCK_HEADER, true)
    const value = decodePlain(block.subarray(BLOCK_HEADER + 8, BLOCK_HEADER + 8 + length))
    return { value, firstSequence: header.firstSequence }
  }

  /** Checks all blocks from here on: where the intact ones end, and the last sequence in them. @throws `journal.corrupt` */
  lastBlock(): { readonly bytes: number; readonly sequence: number | undefined } {
    let sequence: number | undefined
    for (;;) {
      const header = this.next()
      if (!header || !isIntact(this.#read(this.at, BLOCK_HEADER + header.length))) break
      sequence = header.firstSequence + header.count - 1
      this.skip(header)
    }
    if (this.#blockAfter(this.at + 8)) throw corrupt(this.path, this.at)
    return { bytes: this.at, sequence }
  }

  /** The header of the next block, which stays; undefined when no whole block follows. */
  next(): BlockHeader | undefined {
    const header = readBlockHeader(this.#read(this.at, Math.min(BLOCK_HEADER, this.size - this.at)))
    return header && this.at + BLOCK_HEADER + header.length <= this.size ? header : undefined
  }

  /** Reads the payload of the block whose header is next, and goes past it. @throws `journal.corrupt` */
  payload(header: BlockHeader): ArrayBuffer {
    const block = this.#read(this.at, BLOCK_HEADER + header.length)
    if (!isIntact(block)) throw corrupt(this.path, this.at)
    this.skip(header)
    return block.buffer.slice(BLOCK_HEADER)
  }

  skip(header: BlockHeader): void {
    this.at += BLOCK_HEADER + header.length
  }

  close(): void {
    closeSync(this.#file)
  }

  /** Whether the block at hand is the last, so that it was being written when it was cut. */
  isTorn(): boolean {
    return !this.#blockAfter(this.at + 8)
  }

  /** Whether an intact block begins anywhere from `from` on: then what precedes it was not torn, but damaged. */
  #blockAfter(from: number): boolean {
    if (from >= this.size) return false
    const bytes = this.#read(from, this.size - from)
    for (let at = 0; at + BLOCK_HEADER <= bytes.length; at += 8) {
      const header = readBlockHeader(bytes.subarray(at))
      const end = at + BLOCK_HEADER + (header?.length ?? 0)
      if (header && end <= bytes.length && isIntact(bytes.subarray(at, end))) return true
    }
    return false
  }

  #read(from: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const read = readSync(this.#file, bytes, done, length - done, from + done)
      if (read === 0) return bytes.slice(0, done)
      done += read
    }
    return bytes
  }
}

function segments(folder: string): readonly number[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).sort()
  const numbers = names.flatMap((name) => (/^\d{6,}\.tlj$/.test(name) ? [Number.parseInt(name, 10)] : []))
  return numbers.sort((a, b) => a - b) // by number, beyond six digits too
}

const lastSegment = (folder: string): number => segments(folder).at(-1) ?? 0

function firstSequenceOf(folder: string, segment = segments(folder)[0] ?? 1): number {
  const file = new SegmentFile(join(folder, segmentName(segment)))
  try {
    return file.next()?.firstSequence ?? 1
  } finally {
    file.close()
  }
}

/** The segment that holds a sequence. */
function segmentOf(folder: string, sequence: number): number {
  const all = segments(folder)
  return all.findLast((segment) => firstSequenceOf(folder, segment) <= sequence) ?? all[0] ?? 1
}

const corrupt = (path: string, at: number) =>
  new TapeloomError('journal.corrupt', `[journal ${path}] is damaged at byte ${at}. Restore the file, or begin a new store.`)
