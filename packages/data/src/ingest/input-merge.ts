import { timeframeUs, type Source } from '@tapeloom/core'
import { readTime } from './input-check.ts'
import type { SourceInput } from './own-input.ts'
import { SourceReader } from './source-reader.ts'
import { pause } from './wall-clock.ts'

const SILENCE_MS = 1000

/**
 * Merges sources by (tsInit, source, source sequence); of candles at one time the shorter go first. A recording that is
 * not ready holds back the others, a live source does not.
 */
export class InputMerge {
  readonly readers: readonly SourceReader[]
  /** tsInit of each reader's head; NaN: look again. */
  readonly #keys: Float64Array
  /** Those that have not ended. */
  #open: readonly SourceReader[]
  #started = false

  constructor(sources: readonly Source[]) {
    this.readers = sources.map((source, index) => new SourceReader(source, index))
    this.#keys = new Float64Array(sources.length).fill(NaN)
    this.#open = this.readers
  }

  /** Whether every source has ended and all was taken. */
  get done(): boolean {
    return this.readers.every((reader) => reader.done)
  }
  /** Whether all that is awaited goes on as time does: no recording is open. */
  get live(): boolean {
    const open = this.readers.filter(({ done }) => !done)
    return open.length > 0 && open.every(({ source }) => source.live)
  }

  /** Begins to read, each source after its `sourceSequence`. */
  start(signal: AbortSignal): void {
    if (this.#started) return
    this.#started = true
    for (const reader of this.readers) reader.start(signal)
  }

  /** The reader whose head is next; undefined while a recording is awaited, or when nothing is there. */
  pick(): SourceReader | undefined {
    const open = this.#open
    let best: SourceReader | undefined
    for (let i = 0; i < open.length; i++) {
      const reader = open[i]! // i < length
      const { head, index } = reader
      if (head === undefined) {
        if (reader.done) this.#open = this.#open.filter((one) => one !== reader)
        else if (!reader.source.live) return undefined
      } else if (open.length === 1) return reader
      else {
        if (Number.isNaN(this.#keys[index])) this.#keys[index] = keyOf(head, reader.source.live)
        if (!best || this.#before(index, head, best)) best = reader
      }
    }
    return best
  }

  /** The head of a reader was taken. */
  taken(index: number): void {
    this.#keys[index] = NaN
  }

  /** Settles when `pick` may find something, and each second while a live source is silent. */
  async fill(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const recordings = this.readers.filter((reader) => !reader.source.live && !reader.done)
    const waiting = recordings.length > 0
      ? Promise.all(recordings.filter(({ head }) => head === undefined).map((reader) => reader.ready()))
      : Promise.race(this.readers.filter(({ done }) => !done).map((reader) => reader.ready()))
    const timer = new AbortController()
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { signal: timer.signal }))
    const turns: Promise<unknown>[] = [waiting, aborted]
    if (recordings.length === 0) turns.push(pause(SILENCE_MS, timer.signal))
    await Promise.race(turns)
    timer.abort()
  }

  stop(): void {
    for (const reader of this.readers) reader.release()
  }

  #before(index: number, head: SourceInput, best: SourceReader): boolean {
    const difference = this.#keys[index]! - this.#keys[best.index]!
    if (difference !== 0) return difference < 0
    const other = best.head
    if (head.kind !== 'candle' || other?.kind !== 'candle' || head.timeframe === other.timeframe) return false
    return lengthOf(head.timeframe) < lengthOf(other.timeframe)
  }
}

const keyOf = ({ tsInit, tsEvent }: SourceInput, live: boolean): number =>
  tsInit === undefined && live ? Infinity : readTime(tsInit ?? tsEvent)

/** A timeframe that cannot be read is judged later. */
function lengthOf(timeframe: string): number {
  try {
    return timeframeUs(timeframe as '1m')
  } catch {
    return 0
  }
}
