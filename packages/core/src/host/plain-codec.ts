import { TapeloomError } from '../error.ts'
import type { Plain, TypedArray } from '../module/state.ts'

const TYPED = [
  Float64Array, Float32Array, Int32Array, Uint32Array, Int16Array, Uint16Array, Int8Array, Uint8Array,
] as const
const TAG = { null: 0, false: 1, true: 2, number: 3, string: 4, array: 5, object: 6, typed: 16 } as const

/**
 * Encodes plain data as bytes: little-endian, typed arrays and NaN kept exactly, object keys in their order.
 * @throws TapeloomError `snapshot.value` for anything that is not plain data, naming its path
 */
export function encodePlain(value: Plain): Uint8Array {
  const writer = new PlainWriter()
  writer.write(value, '')
  return writer.bytes()
}

/** Decodes what `encodePlain` made; typed arrays are copies. @throws TapeloomError `snapshot.bytes` */
export function decodePlain(bytes: Uint8Array): Plain {
  const reader = new PlainReader(bytes)
  try {
    const value = reader.read()
    if (reader.at === bytes.length) return value
  } catch (cause) {
    throw new TapeloomError('snapshot.bytes', `[snapshot] bytes end or change at ${reader.at}. Use an older one.`, { cause })
  }
  throw new TapeloomError('snapshot.bytes', `[snapshot] has ${bytes.length - reader.at} bytes too many. Use an older one.`)
}

class PlainWriter {
  #buffer = new Uint8Array(1024)
  #view = new DataView(this.#buffer.buffer)
  #at = 0

  bytes(): Uint8Array { return this.#buffer.slice(0, this.#at) }

  write(value: Plain, path: string): void {
    if (value === null) this.#tag(TAG.null)
    else if (typeof value === 'boolean') this.#tag(value ? TAG.true : TAG.false)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'string') this.#text(TAG.string, value)
    else if (Array.isArray(value)) {
      this.#length(TAG.array, value.length)
      for (let i = 0; i < value.length; i++) this.write(value[i], `${path}[${i}]`) // holes too
    } else if (ArrayBuffer.isView(value)) this.#typed(value as TypedArray, path)
    else if (typeof value === 'object' && isRecord(value)) {
      const keys = Object.keys(value)
      this.#length(TAG.object, keys.length)
      for (const key of keys) {
        this.#text(TAG.string, key)
        this.write((value as Record<string, Plain>)[key] as Plain, path === '' ? key : `${path}.${key}`)
      }
    } else throw notPlain(value, path)
  }

  /** Writes a tag; returns where the `size` bytes behind it begin. */
  #tag(tag: number, size = 0): number {
    this.#reserve(1 + size)
    this.#buffer[this.#at] = tag
    this.#at += 1 + size
    return this.#at - size
  }
  #number(value: number): void {
    const at = this.#tag(TAG.number, 8) // first: it may change the view
    this.#view.setFloat64(at, value, true)
  }
  #length(tag: number, length: number): void {
    const at = this.#tag(tag, 4)
    this.#view.setUint32(at, length, true)
  }
  #text(tag: number, text: string): void {
    const bytes = Buffer.from(text, 'utf8')
    this.#length(tag, bytes.length)
    this.#raw(bytes)
  }
  #typed(array: TypedArray, path: string): void {
    const kind = TYPED.findIndex((type) => array instanceof type)
    if (kind < 0) throw notPlain(array, path)
    this.#length(TAG.typed + kind, array.length)
    this.#raw(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
  }
  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }
  #reserve(room: number): void {
    if (this.#at + room <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(2 * this.#buffer.length, this.#at + room))
    grown.set(this.#buffer)
    this.#buffer = grown
    this.#view = new DataView(grown.buffer)
  }
}

class PlainReader {
  at = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  read(): Plain {
    const tag = this.#view.getUint8(this.at++)
    switch (tag) {
      case TAG.null: return null
      case TAG.false: return false
      case TAG.true: return true
      case TAG.number: return this.#view.getFloat64((this.at += 8) - 8, true)
      case TAG.string: return this.#text()
      case TAG.array: return Array.from({ length: this.#length() }, () => this.read())
      case TAG.object: {
        const entries = Array.from({ length: this.#length() }, () => [String(this.read()), this.read()] as const)
        return Object.fromEntries(entries)
      }
      default: return this.#typed(tag - TAG.typed)
    }
  }

  #length(): number { return this.#view.getUint32((this.at += 4) - 4, true) }
  #take(length: number): Uint8Array<ArrayBuffer> {
    if (this.at + length > this.#bytes.length) throw new RangeError('past the end')
    this.at += length
    return Uint8Array.prototype.slice.call(this.#bytes, this.at - length, this.at)
  }
  #text(): string { return Buffer.from(this.#take(this.#length())).toString('utf8') }
  #typed(kind: number): TypedArray {
    const type = TYPED[kind]
    if (!type) throw new RangeError(`unknown tag ${kind + TAG.typed}`)
    const length = this.#length()
    const bytes = this.#take(length * type.BYTES_PER_ELEMENT)
    return new type(bytes.buffer, 0, length)
  }
}

const isRecord = (value: object) => [Object.prototype, null].includes(Object.getPrototypeOf(value) as null)
const notPlain = (value: unknown, path: string) => {
  const kind = value === undefined ? 'undefined' : typeof value === 'object' ? (value?.constructor?.name ?? 'object') : typeof value
  const where = path === '' ? 'the value' : `'${path}'`
  return new TapeloomError('snapshot.value', `[snapshot] ${where} is ${kind}. Keep null, booleans, numbers, strings, arrays, plain objects and typed arrays.`)
}
