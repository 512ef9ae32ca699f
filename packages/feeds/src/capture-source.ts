import { basename } from 'node:path'
import type { Instrument, MarketInput, Source } from '@tapeloom/core'
import { BinanceDecoder } from './binance/binance-decoder.ts'
import { BinanceParser } from './binance/binance-parser.ts'
import { CaptureReader } from './capture-reader.ts'
import { receiveTimeUs } from './receive-time.ts'
import { surveyCapture, type CaptureSurvey } from './capture-survey.ts'

/**
 * Replays Binance captures (lines `<receive time, ns> <JSON>`, gzipped or not) as trades and books. Several files are
 * merged by receive time; those of one symbol go on from each other. `sourceSequence` is the line's number, counted over
 * all files. Lines that cannot be read become `reject` inputs, missing updates `gap` inputs.
 * @throws TapeloomError on reading: `feed.file`, `feed.format`, `feed.line`, and `feed.truncated` after all that came before
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

/** A file being read: its lines, and a decoder for each of its symbols. */
interface Track {
  readonly reader: CaptureReader
  readonly decoders: ReadonlyMap<string, BinanceDecoder>
  readonly nameless: string | undefined
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
  const parser = new BinanceParser()
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
      const input = decode(parser, track, sequence)
      if (input && sequence > after) inputs.push(input)
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
  const shared = new Map(all.map((one) => [`${one.venue}:${one.symbol}`, new BinanceDecoder(one)]))
  return surveys.map(({ file, instruments, nameless }) => {
    const decoders = new Map<string, BinanceDecoder>()
    for (const [raw, { venue, symbol }] of instruments) {
      const decoder = shared.get(`${venue}:${symbol}`)
      if (decoder) decoders.set(raw, decoder)
    }
    return { reader: new CaptureReader(file), decoders, nameless, receivedUs: 0, ready: false, line: 0 }
  })
}

function advance(track: Track): void {
  const { reader } = track
  track.ready = reader.next()
  if (!track.ready) return
  // A line without a readable time is taken where it stands.
  const received = receiveTimeUs(reader.bytes, reader.start, reader.end)
  if (received > 0) track.receivedUs = received
}

function earliest(tracks: readonly Track[]): Track | undefined {
  let first: Track | undefined
  for (const track of tracks) if (track.ready && (!first || track.receivedUs < first.receivedUs)) first = track
  return first
}

function decode(parser: BinanceParser, { reader, decoders, nameless = '' }: Track, sequence: number): MarketInput | undefined {
  const message = parser.parse(reader.bytes, reader.start, reader.end)
  const decoder = decoders.get(message.symbol || nameless)
  if (decoder && message.kind !== 'broken' && message.kind !== 'other') return decoder.decode(message, sequence)
  const code = message.kind === 'broken' ? 'feed.broken' : message.kind === 'other' ? 'feed.unknown' : 'feed.symbol'
  const received = Number.isNaN(message.receivedUs) ? {} : { tsInit: message.receivedUs }
  const symbol = code === 'feed.symbol' ? undefined : decoders.get(nameless)?.instrument.symbol
  return { kind: 'reject', code, raw: reader.text(), sourceSequence: sequence, ...(symbol && { symbol }), ...received }
}
