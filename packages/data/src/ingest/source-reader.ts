import type { Source } from '@tapeloom/core'
import type { SourceInput } from './own-input.ts'

/** Inputs read ahead of a recording before the merge goes on with them. */
const READY = 1024
/** Inputs that wait before a source is no longer asked. */
const MOST = 65_536

/**
 * Reads one source ahead into a queue, so that the merge never waits within its loop. A live source is ready with one
 * input, a recording with many or at its end.
 */
export class SourceReader {
  readonly source: Source
  readonly index: number
  /** How the source is read. */
  read: (from: Parameters<Source['events']>[0]) => AsyncIterable<SourceInput | readonly SourceInput[]>
  /** The newest `sourceSequence` handed out; 0 before the first. */
  sourceSequence = 0
  /** Where this run began to read. */
  #after = 0
  #queue: SourceInput[] = []
  #head = 0
  /** Inputs of the source's next batches. */
  #incoming: SourceInput[] = []
  #ended = false
  #failure: unknown
  #wake: (() => void) | undefined
  #resume: (() => void) | undefined
  #started = false

  constructor(source: Source, index: number) {
    this.source = source
    this.read = (from) => source.events(from)
    this.index = index
  }

  /** The next input, which stays; undefined when none is ready. @throws what the source threw, after its last input */
  get head(): SourceInput | undefined {
    if (this.#head === this.#queue.length) this.#swap()
    return this.#queue[this.#head]
  }

  /** Whether the source has ended and everything of it was taken. */
  get done(): boolean {
    return this.#ended && this.#head === this.#queue.length && this.#incoming.length === 0
  }

  /**
   * Takes the head away; `done` when an earlier run has had it. A source that does not number its inputs is counted: it
   * goes on after as many as it is told.
   */
  take(): 'next' | 'done' | 'unordered' {
    const place = this.#queue[this.#head++]?.sourceSequence ?? this.sourceSequence + 1
    if (place <= this.#after) return 'done'
    if (place <= this.sourceSequence) return 'unordered'
    this.sourceSequence = place
    return 'next'
  }

  /** Lets a paused reading see that its signal was aborted. */
  release(): void {
    this.#resume?.()
    this.#resume = undefined
  }

  /** Begins to read after the source sequence that was acknowledged last. */
  start(signal: AbortSignal): void {
    if (this.#started) return
    this.#started = true
    this.#after = this.sourceSequence
    const after = this.sourceSequence > 0 ? this.sourceSequence : undefined
    void this.#pump(this.read({ after, signal }), signal)
  }

  /** Settles when there is something to take, or the end. */
  async ready(): Promise<void> {
    if (this.#isReady) return
    await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  get #isReady(): boolean {
    const waiting = this.#queue.length - this.#head + this.#incoming.length
    return this.#ended || waiting >= (this.source.live ? 1 : READY)
  }

  #swap(): void {
    this.#queue = this.#incoming
    this.#head = 0
    this.#incoming = []
    this.release()
    if (this.#queue.length === 0 && this.#failure !== undefined) throw this.#failure
  }

  async #pump(events: AsyncIterable<SourceInput | readonly SourceInput[]>, signal: AbortSignal): Promise<void> {
    try {
      for await (const item of events) {
        if (Array.isArray(item)) for (const input of item as readonly SourceInput[]) this.#incoming.push(input)
        else this.#incoming.push(item as SourceInput)
        if (this.#isReady) this.#wakeUp()
        if (signal.aborted) break
        if (this.#incoming.length >= MOST) await new Promise<void>((resolve) => (this.#resume = resolve))
      }
    } catch (error) {
      if (!signal.aborted) this.#failure = error
    }
    this.#ended = true
    this.#wakeUp()
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
