import { createWriteStream, type WriteStream } from 'node:fs'
import { createGzip, type Gzip } from 'node:zlib'
import { TapeloomError } from '@tapeloom/core'

/** How many lines may be lost to a power cut: they are handed to the system together. */
const FLUSHED = 256

/** A capture that is being written: gzipped lines, whole whenever it ends. */
export class CaptureFile {
  readonly path: string
  /** Messages and answers of the venue so far. */
  messages = 0
  readonly #gzip: Gzip = createGzip()
  readonly #file: WriteStream
  readonly #done: Promise<void>
  #lines = 0

  /** @param failed is called once, when it cannot be written */
  constructor(path: string, failed: (error: TapeloomError) => void) {
    this.path = path
    this.#file = createWriteStream(path, { flags: 'wx' })
    this.#done = new Promise((resolve) => {
      this.#file.once('close', resolve)
      this.#file.once('error', (cause) => {
        failed(new TapeloomError('record.write', `[record ${path}] cannot be written (${cause.message}). Check the disk.`, { cause }))
        resolve()
      })
    })
    this.#gzip.pipe(this.#file)
  }

  write(line: string): void {
    this.#gzip.write(`${line}\n`)
    if (/^\{"t":"(recv|http)"/.test(line)) this.messages++
    if (++this.#lines % FLUSHED === 0) this.#gzip.flush()
  }

  /** Settles when all is in the file. */
  async close(): Promise<void> {
    this.#gzip.end()
    await this.#done
  }
}
