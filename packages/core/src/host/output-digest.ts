import type { Plain } from '../module/state.ts'
import { sha256 } from './sha256.ts'

const BLOCK = 65_536

/**
 * `journalHash`: a sha256 chain over 64 KB blocks of the records of all outputs, in order. The last link and the open
 * block are plain data, so that a snapshot carries them and a resumed run ends with the hash of an uninterrupted one.
 */
export class OutputDigest {
  #link = new Uint8Array(32)
  #block = new Uint8Array(BLOCK)
  #view = new DataView(this.#block.buffer)
  #at = 0

  /** Adds a record: its kind, then its values; NaN in one canonical form. */
  add(kind: string, ...values: readonly (string | number)[]): void {
    this.#text(kind)
    for (const value of values) typeof value === 'number' ? this.#number(value) : this.#text(value)
  }

  /** Adds numbers, as a feature row. */
  addNumbers(values: Float64Array): void { for (const value of values) this.#number(value) }

  /** The hash of all so far, hex. */
  value(): string { return sha256().update(this.#link).update(this.#block.subarray(0, this.#at)).digest('hex') }

  snapshot(): Plain { return { link: this.#link.slice(), block: this.#block.slice(0, this.#at) } }

  restore(state: { readonly link: Uint8Array; readonly block: Uint8Array }): void {
    this.#link = state.link.slice()
    this.#block.set(state.block)
    this.#at = state.block.length
  }

  #number(value: number): void {
    if (this.#at + 8 > BLOCK) this.#close()
    this.#view.setFloat64(this.#at, value === 0 ? 0 : value, true)
    if (Number.isNaN(value)) this.#view.setBigUint64(this.#at, 0x7ff8000000000000n, true)
    this.#at += 8
  }

  #text(text: string): void {
    const bytes = Buffer.from(text, 'utf8')
    this.#number(bytes.length)
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + BLOCK - this.#at)
      this.#block.set(part, this.#at)
      this.#at += part.length
      from += part.length
      if (this.#at === BLOCK) this.#close()
    }
  }

  #close(): void {
    this.#link = new Uint8Array(sha256().update(this.#link).update(this.#block.subarray(0, this.#at)).digest())
    this.#at = 0
  }
}
