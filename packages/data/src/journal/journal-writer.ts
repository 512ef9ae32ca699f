import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { encodePlain, TapeloomError, type Plain } from '@tapeloom/core'
import type { MarketRecord } from '../ingest/market-record.ts'
import { BlockMemory } from './brief-trade.ts'
import { BLOCK_HEADER, MAGIC, sealBlock } from './journal-block.ts'
import { encodeRecord, RecordBuffer, roomFor } from './record-codec.ts'

/** A block is written when it is this full. */
const BLOCK_BYTES = 65_536
const SEGMENT_BYTES = 64 * 1024 * 1024

/** Where a journal goes on. */
export interface JournalEnd {
  /** Number of the newest segment; 0 when there is none. */
  readonly segment: number
  /** Its length, bytes. */
  readonly bytes: number
  /** The newest record in it; 0 when there is none. */
  readonly sequence: number
}

/** The file name of a segment. */
export const segmentName = (segment: number): string => `${String(segment).padStart(6, '0')}.tlj`

/**
 * Appends records to the segments of a journal, in blocks: what a block holds is acknowledged when it is written.
 * Writes are synchronous, one per 64 KB.
 */
export class JournalWriter {
  readonly folder: string
  readonly #header: Plain
  readonly #segmentBytes: number
  #buffer = new RecordBuffer(BLOCK_BYTES)
  readonly #memory = new BlockMemory()
  #at = BLOCK_HEADER
  #count = 0
  #firstSequence = NaN
  #file: number | undefined
  #segment: number
  #bytes: number
  #acknowledged: number

  /** @param header stands at the start of each segment. @throws TapeloomError `journal.write` */
  constructor(folder: string, header: Plain, end: JournalEnd, options: { readonly segmentBytes?: number } = {}) {
    this.folder = folder
    this.#header = header
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES
    this.#segment = end.segment
    this.#bytes = end.bytes
    this.#acknowledged = end.sequence
    this.#guard(() => {
      mkdirSync(folder, { recursive: true })
      if (end.segment > 0) this.#file = openSync(join(folder, segmentName(end.segment)), 'r+')
    })
  }

  /** The newest record that is written. */
  get acknowledged(): number {
    return this.#acknowledged
  }
  /** Records that are not written yet. */
  get waiting(): number {
    return this.#count
  }

  /** Adds the next record; sequences follow each other. @throws TapeloomError `journal.write` when a block had to go */
  append(sequence: number, record: MarketRecord, rest?: Uint8Array): void {
    const room = roomFor(record, rest?.length ?? 0)
    if (this.#at + room > this.#buffer.u8.length) this.#makeRoom(room)
    if (this.#count === 0) this.#firstSequence = sequence
    this.#at = encodeRecord(this.#buffer, this.#at, record, this.#memory, rest)
    this.#count++
  }

  /** Writes what waits. @throws TapeloomError `journal.write` */
  write(): void {
    if (this.#count === 0) return
    if (this.#file === undefined || this.#bytes >= this.#segmentBytes) this.#nextSegment()
    const block = this.#buffer.u8.subarray(0, this.#at)
    sealBlock(block, MAGIC.records, this.#count, this.#firstSequence)
    this.#put(block)
    this.#acknowledged = this.#firstSequence + this.#count - 1
    this.#at = BLOCK_HEADER
    this.#count = 0
    this.#memory.clear()
  }

  /** Writes what waits and closes the file. */
  close(): void {
    this.write()
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #makeRoom(room: number): void {
    this.write()
    if (BLOCK_HEADER + room > this.#buffer.u8.length) this.#buffer = new RecordBuffer((BLOCK_HEADER + 2 * room + 7) & ~7)
  }

  #nextSegment(): void {
    this.#guard(() => {
      if (this.#file !== undefined) closeSync(this.#file)
      this.#file = openSync(join(this.folder, segmentName(++this.#segment)), 'wx')
    })
    this.#bytes = 0
    const header = encodePlain(this.#header)
    const block = new Uint8Array(BLOCK_HEADER + ((header.length + 7) & ~7) + 8)
    new DataView(block.buffer).setFloat64(BLOCK_HEADER, header.length, true)
    block.set(header, BLOCK_HEADER + 8)
    sealBlock(block, MAGIC.header, 0, this.#firstSequence)
    this.#put(block)
  }

  #put(block: Uint8Array): void {
    this.#guard(() => {
      // At its place, so that a block of which only a part could be written is written over. `!`: opened by write()
      for (let done = 0; done < block.length; ) done += writeSync(this.#file!, block, done, block.length - done, this.#bytes + done)
    })
    this.#bytes += block.length
  }

  #guard(action: () => void): void {
    try {
      action()
    } catch (cause) {
      throw new TapeloomError(
        'journal.write',
        `[journal ${this.folder}] cannot be written: ${(cause as Error).message}. Free space or rights, then start again.`,
        { cause },
      )
    }
  }
}
