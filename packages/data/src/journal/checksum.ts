import { createRequire } from 'node:module'

let crc32: ((data: Uint8Array) => number) | undefined

/** The CRC-32 of bytes. Node's zlib is loaded with the first: runs without a journal need none. */
export function checksum(bytes: Uint8Array): number {
  crc32 ??= (createRequire(import.meta.url)('node:zlib') as typeof import('node:zlib')).crc32
  return crc32(bytes)
}
