import type { InferenceFrame, Plain, Prediction } from '@tapeloom/core'
import type { InferenceFrameReference, ReferenceState } from './inference-frame-reference.ts'
import { D, ReferenceRows, STATES, W, type ReferenceFamily } from './reference-rows.ts'
import type { TextPool } from './text-pool.ts'

/** Bits beside the state in its word: a sample was taken, the target came or will not, how many answers are awaited. */
const SAMPLED = 8
const SETTLED = 16
const PIN = 32

/**
 * The references of one model on one symbol that are not settled yet, ordered by sequence, and so by time and by target:
 * a ring in typed arrays. Row numbers count from the first one ever added, and stay valid while rows come and go.
 */
export class ReferenceTable {
  readonly family: ReferenceFamily
  readonly #rows: ReferenceRows
  #capacity = 0
  #first = 0
  #head = 0
  #length = 0
  #unsettled = 0

  constructor(family: ReferenceFamily, texts: TextPool) {
    this.family = family
    this.#rows = new ReferenceRows(family, texts)
  }

  /** Number of the oldest row; `end` is that of the next one to come. */
  get first(): number {
    return this.#first
  }
  get end(): number {
    return this.#first + this.#length
  }
  get length(): number {
    return this.#length
  }
  /** The first row whose target is still to come. */
  get unsettled(): number {
    while (this.#unsettled < this.end && this.isSettled(this.#unsettled)) this.#unsettled++
    return this.#unsettled
  }
  /** Bytes of the arrays. */
  get bytes(): number {
    return this.#rows.bytes
  }

  /** Adds a reference in state `open`; returns its row, or −1 when this sequence has one already. */
  push(frame: InferenceFrame, prediction: Prediction, contentHash: string, extras: Float32Array): number {
    let row = this.end
    while (row > this.#first && this.sequence(row - 1) > frame.sequence) row--
    if (row > this.#first && this.sequence(row - 1) === frame.sequence) return -1
    if (this.#length === this.#capacity) this.#grow(this.#length + 1)
    this.#length++
    for (let to = this.end - 1; to > row; to--) this.#rows.copy(this.#place(to - 1), this.#place(to))
    this.#rows.write(this.#place(row), frame, prediction, contentHash, extras)
    this.#unsettled = Math.min(this.#unsettled, row)
    return row
  }

  /** Forgets the oldest row. */
  shift(): void {
    this.#rows.releaseTexts(this.#head)
    this.#head = (this.#head + 1) % this.#capacity
    this.#first++
    this.#length--
    this.#unsettled = Math.max(this.#unsettled, this.#first)
  }

  /** The first row whose sequence is at least `sequence`. O(log n). */
  fromSequence(sequence: number): number {
    return this.#search((row) => this.sequence(row) < sequence)
  }
  /** The first row whose time is at least `asOf`. O(log n). */
  fromTime(asOf: number): number {
    return this.#search((row) => this.asOf(row) < asOf)
  }
  /** The row of a sequence, or −1. */
  find(sequence: number): number {
    const row = this.fromSequence(sequence)
    return row < this.end && this.sequence(row) === sequence ? row : -1
  }

  sequence(row: number): number {
    return this.#double(row, D.sequence)
  }
  asOf(row: number): number {
    return this.#double(row, D.asOf)
  }
  /** Open time of the candle it predicts. */
  targetOpen(row: number): number {
    return this.#double(row, D.target)
  }
  isTainted(row: number): boolean {
    return this.#rows.isTainted(this.#place(row))
  }
  id(row: number): string {
    return this.#rows.id(this.#place(row))
  }
  reference(row: number): InferenceFrameReference {
    return this.#rows.reference(this.#place(row))
  }

  state(row: number): ReferenceState {
    return STATES[this.#flags(row) & 7]!
  }
  setState(row: number, state: ReferenceState, reason: string): void {
    this.#setFlags(row, (this.#flags(row) & ~7) | STATES.indexOf(state))
    this.#rows.setReason(this.#place(row), reason)
  }
  /** Whether a sample was taken from it. */
  isSampled(row: number): boolean {
    return (this.#flags(row) & SAMPLED) !== 0
  }
  setSampled(row: number): void {
    this.#setFlags(row, this.#flags(row) | SAMPLED)
  }
  /** Whether its target came, or is not waited for any more. */
  isSettled(row: number): boolean {
    return (this.#flags(row) & SETTLED) !== 0
  }
  setSettled(row: number): void {
    this.#setFlags(row, this.#flags(row) | SETTLED)
  }
  /** Keeps it in memory while an answer about it is awaited; `unpin` undoes one `pin`. */
  pin(row: number): void {
    this.#setFlags(row, this.#flags(row) + PIN)
  }
  unpin(row: number): void {
    this.#setFlags(row, this.#flags(row) - PIN)
  }
  isPinned(row: number): boolean {
    return this.#flags(row) >= PIN
  }

  /** All rows, oldest first, with the texts they refer to. */
  snapshot(): Plain {
    this.#grow(this.#length)
    const { doubles, singles, words, strides } = this.#rows
    return {
      first: this.#first, length: this.#length,
      texts: Array.from({ length: this.#length }, (_, place) => this.#rows.textsOf(place)),
      doubles: doubles.slice(0, this.#length * strides.doubles),
      singles: singles.slice(0, this.#length * strides.singles),
      words: words.slice(0, this.#length * strides.words),
    }
  }

  /** Continues from a snapshot; call it on a table without rows. */
  restore(state: Plain): void {
    const { first, length, texts, doubles, singles, words } = state as unknown as {
      first: number; length: number; texts: string[][]; doubles: Float64Array; singles: Float32Array; words: Int32Array
    }
    this.#grow(length)
    this.#first = this.#unsettled = first
    this.#length = length
    this.#rows.doubles.set(doubles)
    this.#rows.singles.set(singles)
    this.#rows.words.set(words)
    texts.forEach((list, place) => this.#rows.takeTexts(place, list))
  }

  #double(row: number, at: number): number {
    return this.#rows.doubles[this.#place(row) * this.#rows.strides.doubles + at]! // row in [first, end)
  }
  #flags(row: number): number {
    return this.#rows.words[this.#place(row) * this.#rows.strides.words + W.state]! // row in [first, end)
  }
  #setFlags(row: number, flags: number): void {
    this.#rows.words[this.#place(row) * this.#rows.strides.words + W.state] = flags
  }

  #place(row: number): number {
    return (this.#head + row - this.#first) % this.#capacity
  }

  #search(isBefore: (row: number) => boolean): number {
    let [low, high] = [this.#first, this.end]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (isBefore(middle)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Turns the ring so that the oldest row comes first, with an eighth more room than before when it is full. */
  #grow(needed: number): void {
    const capacity = needed > this.#capacity ? Math.max(16, needed, Math.ceil(this.#capacity * 1.125)) : this.#capacity
    this.#rows.resize(capacity, this.#head)
    this.#capacity = capacity
    this.#head = 0
  }
}
