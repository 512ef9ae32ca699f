import { lineBlocks, type LineBlock } from './line-blocks.ts'

const [LINE_FEED, CARRIAGE_RETURN] = [10, 13]

/** Walks the lines of a capture in place; only `load` waits. Empty lines count but are passed over. */
export class CaptureReader {
  readonly file: string
  readonly #blocks: AsyncGenerator<LineBlock, void, void>
  bytes: Uint8Array = new Uint8Array(0)
  /** The current line is bytes [start, end). */
  start = 0
  end = -1
  /** Its number, from 1. */
  line = 0
  /** Where the next line begins. */
  #after = 0
  #ended = false

  constructor(file: string) {
    this.file = file
    this.#blocks = lineBlocks(file)
  }

  /** No more lines come. */
  get ended(): boolean {
    return this.#ended
  }

  /** Fetches the next block, after which `next` goes on; false at the end. @throws TapeloomError as `lineBlocks` does */
  async load(): Promise<boolean> {
    const { value, done } = await this.#blocks.next()
    if (done || !value) this.#ended = true
    else {
      this.bytes = value.bytes
      this.#after = 0
    }
    return !this.#ended
  }

  /** Goes to the next line that is not empty; false when the block has no more. */
  next(): boolean {
    do {
      this.start = this.#after
      if (this.start >= this.bytes.length) return false
      const feed = this.bytes.indexOf(LINE_FEED, this.start)
      this.#after = feed + 1
      this.end = feed > this.start && this.bytes[feed - 1] === CARRIAGE_RETURN ? feed - 1 : feed
      this.line++
    } while (this.end === this.start)
    return true
  }

  /** The current line. */
  whole(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.start, this.end - this.start).toString()
  }

  /** The current line, for people. */
  text(): string {
    return Buffer.from(this.bytes.subarray(this.start, Math.min(this.end, this.start + 4096))).toString()
  }

  async close(): Promise<void> {
    await this.#blocks.return()
  }
}
