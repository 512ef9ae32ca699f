import { timeframeUs } from '@tapeloom/core'
import type { Duration, InferenceFrame, MarketSymbol, Prediction, Timeframe } from '@tapeloom/core'
import type { InferenceFrameReference, ReferenceInput, ReferenceState } from './inference-frame-reference.ts'
import { sizeOf } from './reference-inputs.ts'
import type { TextPool } from './text-pool.ts'

/** What all references of one model on one symbol have in common. */
export interface ReferenceFamily {
  readonly stream: string
  readonly model: string
  readonly schemaHash: string
  readonly symbol: MarketSymbol
  readonly inputs: readonly ReferenceInput[]
}

/** The parts of a reference that seldom change from one to the next: kept once, as text. */
interface Shape {
  readonly target: Timeframe
  readonly horizon: Duration
  readonly predicted: Duration
  readonly entry: Timeframe | null
  readonly optional: readonly ('expectedBps' | 'version' | 'reference')[]
  readonly lanes: readonly (readonly [input: string, series: string, norms: number, columns: readonly string[]])[]
}

/** The states in their stored order. */
export const STATES: readonly ReferenceState[] = ['open', 'matched', 'trained', 'expired', 'failed']
/** Places of a row's numbers: doubles, then two for each lane. */
export const D = { sequence: 0, asOf: 1, target: 2, entry: 3, buy: 4, hold: 5, sell: 6, confidence: 7, expected: 8, lanes: 9 } as const
/** Places of a row's words: numbers of texts, state, hash, then a count for each lane. */
export const W = { version: 0, shape: 1, id: 2, taint: 3, reason: 4, state: 5, hash: 6, counts: 10 } as const
const TEXTS = 5
const NORMS = 4
/** Stand for the sequence and the time in a prediction's id, so that ids share one text. */
const [SEQUENCE, AS_OF] = ['\u0001', '\u0002']

/**
 * Rows of three typed arrays, one a reference; where a row stands is its place. Doubles, floats and words of one row lie
 * together. Five lanes and a position take 332 bytes.
 */
export class ReferenceRows {
  readonly #family: ReferenceFamily
  readonly #texts: TextPool
  readonly #lanes: ReadonlySet<string>
  readonly #blocks: readonly ReferenceInput[]
  readonly strides: { readonly doubles: number; readonly singles: number; readonly words: number }
  doubles = new Float64Array(0)
  singles = new Float32Array(0)
  words = new Int32Array(0)
  /** The shape read last, and the one written last with its text: most references repeat it. */
  #shapeText = ''
  #shape: Shape | undefined
  #written: { readonly shape: Shape; readonly text: string } | undefined
  #template = ''

  constructor(family: ReferenceFamily, texts: TextPool) {
    this.#family = family
    this.#texts = texts
    const lanes = family.inputs.filter(({ kind }) => kind === 'lane' || kind === 'columns').map(({ name }) => name)
    this.#lanes = new Set(lanes)
    this.#blocks = family.inputs.filter(({ kind }) => kind === 'extras')
    const extras = this.#blocks.reduce((sum, input) => sum + sizeOf(input), 0)
    this.strides = {
      doubles: D.lanes + 2 * lanes.length, singles: NORMS * lanes.length + extras, words: W.counts + lanes.length,
    }
  }

  get bytes(): number {
    return this.doubles.byteLength + this.singles.byteLength + this.words.byteLength
  }

  /** Makes room for `capacity` rows; the row at `head` becomes the first. */
  resize(capacity: number, head: number): void {
    const { doubles, singles, words } = this.strides
    this.doubles = rotated(this.doubles, new Float64Array(capacity * doubles), head * doubles)
    this.singles = rotated(this.singles, new Float32Array(capacity * singles), head * singles)
    this.words = rotated(this.words, new Int32Array(capacity * words), head * words)
  }

  copy(from: number, to: number): void {
    const { doubles, singles, words } = this.strides
    this.doubles.copyWithin(to * doubles, from * doubles, (from + 1) * doubles)
    this.singles.copyWithin(to * singles, from * singles, (from + 1) * singles)
    this.words.copyWithin(to * words, from * words, (from + 1) * words)
  }

  write(place: number, frame: InferenceFrame, prediction: Prediction, hash: string, extras: Float32Array): void {
    const [d, s, w] = [place * this.strides.doubles, place * this.strides.singles, place * this.strides.words]
    const lanes = frame.lanes.filter(({ input }) => this.#lanes.has(input))
    const { buy, hold, sell } = prediction.probabilities
    const { confidence, expectedBps = NaN } = prediction
    const entry = frame.entry?.openTime ?? NaN
    this.doubles.set([frame.sequence, frame.asOf, frame.target.openTime, entry, buy, hold, sell, confidence, expectedBps], d)
    lanes.forEach(({ start, end, count, norm }, i) => {
      this.doubles[d + D.lanes + 2 * i] = start
      this.doubles[d + D.lanes + 2 * i + 1] = end
      this.words[w + W.counts + i] = count
      this.singles.set(norm.slice(0, NORMS), s + NORMS * i)
    })
    this.singles.set(extras, s + NORMS * this.#lanes.size)
    const taint = frame.taint.length === 0 ? '[]' : JSON.stringify(frame.taint)
    this.takeTexts(place, [frame.modelVersion, this.#describe(frame, prediction, lanes), this.#templateOf(prediction.id, frame), taint, ''])
    this.words[w + W.state] = 0
    for (let i = 0; i < 4; i++) this.words[w + W.hash + i] = Number.parseInt(hash.slice(8 * i, 8 * i + 8), 16) | 0
  }

  #describe(frame: InferenceFrame, prediction: Prediction, lanes: InferenceFrame['lanes']): string {
    if (this.#written && hasShape(this.#written.shape, frame, prediction, lanes)) return this.#written.text
    const shape = shapeOf(frame, prediction, lanes)
    this.#written = { shape, text: JSON.stringify(shape) }
    return this.#written.text
  }

  #templateOf(id: string, frame: InferenceFrame): string {
    if (fill(this.#template, frame.sequence, frame.asOf) !== id) this.#template = idTemplate(id, frame)
    return this.#template
  }

  /** The texts that a row refers to. */
  textsOf(place: number): readonly string[] {
    return Array.from({ length: TEXTS }, (_, i) => this.#text(place, i))
  }
  takeTexts(place: number, texts: readonly string[]): void {
    texts.forEach((text, i) => (this.words[place * this.strides.words + i] = this.#texts.take(text)))
  }
  releaseTexts(place: number): void {
    for (let i = 0; i < TEXTS; i++) this.#texts.release(this.words[place * this.strides.words + i]!)
  }
  setReason(place: number, reason: string): void {
    const at = place * this.strides.words + W.reason
    const previous = this.words[at]!
    this.words[at] = this.#texts.take(reason)
    this.#texts.release(previous)
  }
  isTainted(place: number): boolean {
    const taint = this.#text(place, W.taint)
    return taint !== '[]' && taint !== '["empty"]' // that nothing was traded is a fact, not a doubt
  }

  id(place: number): string {
    const { stream, model, symbol } = this.#family
    const sequence = this.doubles[place * this.strides.doubles + D.sequence]!
    return `${stream}|${model}@${this.#text(place, W.version)}|${symbol}|${sequence}`
  }

  /** A row as an object of its own. */
  reference(place: number): InferenceFrameReference {
    const { stream, model, schemaHash, symbol, inputs } = this.#family
    const [d, w] = [place * this.strides.doubles, place * this.strides.words]
    const shape = this.#shapeOf(this.#text(place, W.shape))
    const modelVersion = this.#text(place, W.version)
    const [sequence, asOf, openTime] = [this.doubles[d + D.sequence]!, this.doubles[d + D.asOf]!, this.doubles[d + D.target]!]
    const id = this.id(place)
    const lanes = shape.lanes.map(([input, series, , columns], i) => {
      const at = d + D.lanes + 2 * i
      return { input, series, columns, start: this.doubles[at]!, end: this.doubles[at + 1]!, count: this.words[w + W.counts + i]! }
    })
    return {
      id, stream, sequence, model, modelVersion, schemaHash, symbol, asOf, lanes, inputs,
      norm: this.#norms(shape, place), extras: this.#extras(place),
      prediction: this.#prediction(place, shape, id, modelVersion),
      entry: shape.entry ? { timeframe: shape.entry, openTime: this.doubles[d + D.entry]! } : undefined,
      target: { timeframe: shape.target, openTime, closeTime: openTime + timeframeUs(shape.target), horizon: shape.horizon },
      state: STATES[this.words[w + W.state]! & 7]!, reason: this.#text(place, W.reason),
      taint: JSON.parse(this.#text(place, W.taint)) as string[], contentHash: hashText(this.words, w + W.hash),
    }
  }

  #text(place: number, word: number): string {
    return this.#texts.text(this.words[place * this.strides.words + word]!)
  }

  #norms(shape: Shape, place: number): Readonly<Record<string, readonly number[]>> {
    const s = place * this.strides.singles
    return Object.fromEntries(shape.lanes.map(([input, , norms], i) =>
      [input, [...this.singles.subarray(s + NORMS * i, s + NORMS * i + norms)]]))
  }

  #extras(place: number): Readonly<Record<string, readonly (number | null)[]>> {
    let at = place * this.strides.singles + NORMS * this.#lanes.size
    return Object.fromEntries(this.#blocks.map((input) => {
      const values = [...this.singles.subarray(at, (at += sizeOf(input)))]
      return [input.name, values.map((value) => (Number.isNaN(value) ? null : value))]
    }))
  }

  #prediction(place: number, shape: Shape, reference: string, version: string): Prediction {
    const d = place * this.strides.doubles
    const number = (at: number): number => this.doubles[d + at]!
    const optional = { expectedBps: number(D.expected), version, reference }
    return {
      id: fill(this.#text(place, W.id), number(D.sequence), number(D.asOf)),
      symbol: this.#family.symbol, module: this.#family.model, horizon: shape.predicted, asOf: number(D.asOf),
      probabilities: { buy: number(D.buy), hold: number(D.hold), sell: number(D.sell) }, confidence: number(D.confidence),
      ...(Object.fromEntries(shape.optional.map((key) => [key, optional[key]])) as Partial<Prediction>),
    }
  }

  #shapeOf(text: string): Shape {
    if (text !== this.#shapeText || !this.#shape) [this.#shapeText, this.#shape] = [text, JSON.parse(text) as Shape]
    return this.#shape
  }
}

function rotated<A extends Float64Array | Float32Array | Int32Array>(from: A, to: A, head: number): A {
  to.set(from.subarray(head))
  to.set(from.subarray(0, head), from.length - head)
  return to
}

const OPTIONAL = ['expectedBps', 'version', 'reference'] as const

function shapeOf(frame: InferenceFrame, prediction: Prediction, lanes: InferenceFrame['lanes']): Shape {
  return {
    target: frame.target.timeframe, horizon: frame.target.horizon, predicted: prediction.horizon,
    entry: frame.entry?.timeframe ?? null,
    optional: OPTIONAL.filter((key) => prediction[key] !== undefined),
    lanes: lanes.map(({ input, series, norm, columns }) => [input, series, norm.length, columns]),
  }
}

function hasShape(shape: Shape, frame: InferenceFrame, prediction: Prediction, lanes: InferenceFrame['lanes']): boolean {
  const { target, horizon, predicted, entry, optional } = shape
  if (target !== frame.target.timeframe || horizon !== frame.target.horizon || predicted !== prediction.horizon) return false
  if (entry !== (frame.entry?.timeframe ?? null) || lanes.length !== shape.lanes.length) return false
  if (OPTIONAL.some((key) => (prediction[key] !== undefined) !== optional.includes(key))) return false
  return lanes.every((lane, i) => {
    const [input, series, norms, columns] = shape.lanes[i]!
    const isSame = lane.input === input && lane.series === series && lane.norm.length === norms
    return isSame && lane.columns.length === columns.length && lane.columns.every((column, k) => column === columns[k])
  })
}

const fill = (template: string, sequence: number, asOf: number): string =>
  template.replaceAll(SEQUENCE, `${sequence}`).replaceAll(AS_OF, `${asOf}`)

const idTemplate = (id: string, { sequence, asOf }: InferenceFrame): string =>
  id.replaceAll(/\d+/g, (digits) => (digits === `${sequence}` ? SEQUENCE : digits === `${asOf}` ? AS_OF : digits))

function hashText(words: Int32Array, at: number): string {
  let text = ''
  for (let i = 0; i < 4; i++) text += (words[at + i]! >>> 0).toString(16).padStart(8, '0')
  return text
}
