import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { TapeloomError } from '@tapeloom/core'

/** Whole lines of a file, each ending in a line feed. */
export interface LineBlock {
  readonly bytes: Uint8Array
  /** Number of the first line, from 1. */
  readonly line: number
}

const CHUNK = 32_768
const LINE_FEED = 10
/** No market message is as long: a file without line feeds must not fill the memory. */
const LONGEST_LINE = 16 * 1024 * 1024

/**
 * Reads a text file, gzipped or not, in blocks of whole lines; memory stays bounded by a block and a line.
 * @throws TapeloomError `feed.file` when it cannot be read; `feed.truncated` when the gzip stream ends or breaks early,
 * after all whole lines before that place; `feed.line` when a line is longer than 16 MB
 */
export async function* lineBlocks(file: string): AsyncGenerator<LineBlock, void, void> {
  let line = 1
  // The beginning of a line that goes on in the next part.
  let begun: Uint8Array[] = []
  let length = 0
  let failure: unknown
  try {
    for await (const part of inflated(file)) {
      const cut = part.lastIndexOf(LINE_FEED) + 1
      if (cut === 0) {
        begun.push(part)
        length += part.length
        if (length > LONGEST_LINE) throw tooLong(file, line)
        continue
      }
      const bytes = length === 0 ? part.subarray(0, cut) : Buffer.concat([...begun, part.subarray(0, cut)])
      begun = [part.subarray(cut)]
      length = part.length - cut
      yield { bytes, line }
      for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) line++
    }
  } catch (cause) {
    failure = cause
  }
  if (failure instanceof Truncated) throw truncated(file, failure, line)
  if (failure) throw failure
  if (length > 0) yield { bytes: Buffer.concat([...begun, Uint8Array.of(LINE_FEED)]), line }
}

/** A gzip stream that ends or breaks early: how many bytes of the file had been read. */
class Truncated extends Error {
  readonly offset: number
  constructor(offset: number, cause: unknown) {
    super('truncated', { cause })
    this.offset = offset
  }
}

const truncated = (file: string, { offset, cause }: Truncated, line: number) =>
  new TapeloomError(
    'feed.truncated',
    `[feed '${file}'] the gzip data breaks off at byte ${offset}, in line ${line} (${(cause as Error).message}). ` +
      'The lines before it were delivered: fetch the file again for the rest.',
    { cause },
  )

const tooLong = (file: string, line: number) =>
  new TapeloomError('feed.line', `[feed '${file}'] line ${line} is longer than 16 MB. Give a text capture with line feeds.`)

async function* inflated(file: string): AsyncGenerator<Uint8Array, void, void> {
  const handle = await open(file).catch((cause: Error) => {
    throw new TapeloomError('feed.file', `[feed '${file}'] cannot be opened (${cause.message}). Check the path.`, { cause })
  })
  try {
    const chunks = chunksOf(file, handle)
    const { value: first } = await chunks.next()
    if (first === undefined) return
    const isGzip = first[0] === 0x1f && first[1] === 0x8b
    yield* withoutMark(isGzip ? gunzipped(first, chunks) : prepended(first, chunks))
  } finally {
    await handle.close()
  }
}

async function* chunksOf(file: string, handle: Awaited<ReturnType<typeof open>>): AsyncGenerator<Uint8Array, void, void> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(CHUNK)).catch((cause: Error) => {
      throw new TapeloomError('feed.file', `[feed '${file}'] cannot be read (${cause.message}). Give a file.`, { cause })
    })
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

/** Inflates chunk by chunk: piped streams drop what they had buffered when the data turns out to be broken. */
async function* gunzipped(first: Uint8Array, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const gunzip = createGunzip()
  let parts: Uint8Array[] = []
  let broken: Error | undefined
  gunzip.on('data', (part: Uint8Array) => parts.push(part))
  gunzip.on('error', (error) => (broken = error))
  const take = () => {
    const taken = parts
    parts = []
    return taken
  }
  const done = (start: (settle: () => void) => void) =>
    new Promise<void>((settle) => {
      gunzip.once('error', () => settle())
      start(settle)
    }).finally(() => gunzip.removeAllListeners('error').on('error', (error) => (broken = error)))

  let offset = 0
  try {
    for await (const chunk of prepended(first, chunks)) {
      offset += chunk.length
      await done((settle) => void gunzip.write(chunk, () => settle()))
      yield* take()
      if (broken) throw new Truncated(offset, broken)
    }
    await done((settle) => void gunzip.once('end', settle).end())
    yield* take()
    if (broken) throw new Truncated(offset, broken)
  } finally {
    gunzip.destroy()
  }
}

/** Some editors begin a text with the mark of UTF-8, which is none of its first line. */
async function* withoutMark(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let isFirst = true
  for await (const part of parts) {
    const isMarked = isFirst && part[0] === 0xef && part[1] === 0xbb && part[2] === 0xbf
    isFirst = false
    yield isMarked ? part.subarray(3) : part
  }
}

async function* prepended<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield first
  yield* rest
}
