import { basename } from 'node:path'
import type { Instrument, MarketInput, Source } from '@tapeloom/core'
import { BinanceDecoder } from './binance/binance-decoder.ts'
import { CaptureReader } from './capture-reader.ts'
import { surveyCapture, type CaptureSurvey } from './capture-survey.ts'
import { TextLines, type LineDecoder } from './text-lines.ts'
import { WireLines } from './wire-lines.ts'

/**
 * Replays captures, gzipped or not, as trades and books: Binance text (lines `<receive time, ns> <JSON>`) and recorded
 * traffic of all venues. Several files are merged by receive time; those of one symbol go on from each other.
 * `sourceSequence` is the line's number, counted over all files, and one more for each further input of a line. Lines that
 * cannot be read become `reject` inputs, missing updates `gap` inputs.
 * @throws TapeloomError on reading: `feed.file`, `feed.format`, `feed.venue`, `feed.line`, and `feed.truncated` after all
 * that came before
 */
export function captureSource(...files: readonly [string, ...string[]]): Source {
  return new CaptureSource(files)
}

class CaptureSource implements Source {
  readonly name: string
  readonly live = false
  readonly #files: readonly string[]
  #surveys: readonly CaptureSurvey[] = []
  #instruments: readonly Instrument[] = []
  length: number | undefined

  constructor(files: readonly string[]) {
    this.#files = files
    this.name = files.map((file) => basename(file)).join(' + ')
  }

  get instruments(): readonly Instrument[] {
    return this.#instruments
  }

  async prepare(): Promise<void> {
    if (this.#surveys.length > 0) return
    this.#surveys = await Promise.all(this.#files.map(surveyCapture))
    this.#instruments = distinct(this.#surveys)
    this.length = this.#surveys.reduce((sum, { events }) => sum + events, 0)
  }

  async *events({ after = 0, signal }: Parameters<Source['events']>[0]): AsyncGenerator<readonly MarketInput[], void, void> {
    await this.prepare()
    yield* replay(this.#surveys, this.#instruments, after, signal)
  }
}

function distinct(surveys: readonly CaptureSurvey[]): readonly Instrument[] {
  const found = new Map<string, Instrument>()
  for (const { instruments } of surveys) {
    for (const one of instruments.values()) {
      const key = `${one.venue}:${one.symbol}`
      const other = found.get(key)
      found.set(key, other ? finest(other, one) : one)
    }
  }
  return [...found.values()]
}

/** Of two files of one symbol, the steps that fit both. */
const finest = (a: Instrument, b: Instrument): Instrument => ({
  ...a,
  ...(b.tickSize < a.tickSize && { tick: b.tick, tickSize: b.tickSize }),
  ...(b.lotSize < a.lotSize && { lot: b.lot, lotSize: b.lotSize }),
})

/** A file being read: its lines, and what reads them. */
interface Track {
  readonly reader: CaptureReader
  readonly lines: LineDecoder
  receivedUs: number
  ready: boolean
  /** The last line that was decoded. */
  line: number
}

async function* replay(
  surveys: readonly CaptureSurvey[],
  instruments: readonly Instrument[],
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly MarketInput[], void, void> {
  const tracks = tracksOf(surveys, instruments)
  let sequence = 0
  let inputs: MarketInput[] = []
  try {
    while (!signal.aborted) {
      const starved = tracks.find(({ ready, reader }) => !ready && !reader.ended)
      if (starved) {
        if (inputs.length > 0) yield inputs
        inputs = []
        if (await starved.reader.load()) advance(starved)
        continue
      }
      const track = earliest(tracks)
      if (!track) break
      sequence += track.reader.line - track.line
      track.line = track.reader.line
      const found = track.lines.decode(track.reader, sequence)
      for (const input of found) if ((input.sourceSequence ?? 0) > after) inputs.push(input)
      sequence += Math.max(0, found.length - 1)
      advance(track)
    }
    if (inputs.length > 0) yield inputs
  } catch (error) {
    if (inputs.length > 0) yield inputs
    throw error
  } finally {
    for (const { reader } of tracks) await reader.close()
  }
}

function tracksOf(surveys: readonly CaptureSurvey[], all: readonly Instrument[]): Track[] {
  const known = new Map(all.map((one) => [`${one.venue}:${one.symbol}`, one]))
  const texts = new Map(all.map((one) => [`${one.venue}:${one.symbol}`, new BinanceDecoder(one)]))
  return surveys.map(({ file, exchange, instruments, nameless }) => {
    const of = <T>(by: ReadonlyMap<string, T>) =>
      new Map([...instruments].flatMap(([raw, { venue, symbol }]) => {
        const found = by.get(`${venue}:${symbol}`)
        return found === undefined ? [] : [[raw, found] as const]
      }))
    const lines = exchange === undefined ? new TextLines(of(texts), nameless) : new WireLines(exchange, file, of(known))
    return { reader: new CaptureReader(file), lines, receivedUs: 0, ready: false, line: 0 }
  })
}

function advance(track: Track): void {
  const { reader } = track
  track.ready = reader.next()
  if (!track.ready) return
  // A line without a readable time is taken where it stands.
  const received = track.lines.receivedUs(reader)
  if (received > 0) track.receivedUs = received
}

function earliest(tracks: readonly Track[]): Track | undefined {
  let first: Track | undefined
  for (const track of tracks) if (track.ready && (!first || track.receivedUs < first.receivedUs)) first = track
  return first
}
