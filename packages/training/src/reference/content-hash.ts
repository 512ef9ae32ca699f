import { hash } from 'node:crypto'
import type { FedTensor } from '@tapeloom/core'

const MAGIC = new TextEncoder().encode('TLT1')
/** The code of float32, as ONNX counts types. */
const FLOAT32 = 1
const CANONICAL_NAN = 0x7fc00000

let bytes = new Uint8Array(16_384)
let floats = new Float32Array(4096)
let bits = new Uint32Array(floats.buffer)

/**
 * Hash of what a model was fed: 32 hexadecimal digits, the first 16 bytes of sha256 over `TLT1`, the schema hash and
 * each tensor in the order given: type (1 = float32, one byte), rank (one byte), dimensions (uint32), data (float32),
 * all little-endian. NaN is canonical and −0 is +0, so that equal numbers have equal hashes. Masks are tensors too.
 * @example contentHash('ab', [{ name: 'x', shape: [1], data: new Float32Array([-0]) }]).length // => 32
 */
export function contentHash(schemaHash: string, tensors: readonly FedTensor[]): string {
  reserve(schemaHash, tensors)
  const { written } = new TextEncoder().encodeInto(schemaHash, bytes.subarray(MAGIC.length))
  bytes.set(MAGIC)
  let at = MAGIC.length + written
  for (const { shape, data } of tensors) {
    bytes[at++] = FLOAT32
    bytes[at++] = shape.length
    for (const size of shape) {
      bytes[at++] = size & 255
      bytes[at++] = (size >>> 8) & 255
      bytes[at++] = (size >>> 16) & 255
      bytes[at++] = size >>> 24
    }
    canonicalise(data)
    bytes.set(new Uint8Array(floats.buffer, 0, 4 * data.length), at)
    at += 4 * data.length
  }
  return hash('sha256', bytes.subarray(0, at), 'hex').slice(0, 32)
}

function canonicalise(data: Float32Array): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]! // i < data.length
    if (value === value) floats[i] = value + 0 // −0 + 0 is +0
    else bits[i] = CANONICAL_NAN
  }
}

function reserve(schemaHash: string, tensors: readonly FedTensor[]): void {
  let [size, longest] = [MAGIC.length + 3 * schemaHash.length, 0]
  for (const { shape, data } of tensors) {
    size += 2 + 4 * shape.length + 4 * data.length
    longest = Math.max(longest, data.length)
  }
  if (size > bytes.length) bytes = new Uint8Array(2 * size)
  if (longest <= floats.length) return
  floats = new Float32Array(2 * longest)
  bits = new Uint32Array(floats.buffer)
}
