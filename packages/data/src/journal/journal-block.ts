import { checksum } from './checksum.ts'

/**
 * A block is one write: `u32 magic, u32 payload bytes, u32 CRC-32, u32 records, f64 first sequence, f64 reserved`, then
 * the payload. The CRC is of everything after itself. Little-endian, all lengths multiples of 8.
 */
export const BLOCK_HEADER = 32
export const MAGIC = { records: 0x31424c54, header: 0x31484c54 } as const // 'TLB1', 'TLH1'
const CRC_AT = 8
const CRC_FROM = 12

/** What a block's header says. */
export interface BlockHeader {
  readonly magic: number
  /** Bytes of the payload. */
  readonly length: number
  readonly count: number
  readonly firstSequence: number
}

/** Writes the header of the block in `bytes` (header and payload), whose payload is complete. */
export function sealBlock(bytes: Uint8Array, magic: number, count: number, firstSequence: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, BLOCK_HEADER)
  view.setUint32(0, magic, true)
  view.setUint32(4, bytes.length - BLOCK_HEADER, true)
  view.setUint32(12, count, true)
  view.setFloat64(16, firstSequence, true)
  view.setFloat64(24, 0, true)
  view.setUint32(CRC_AT, checksum(bytes.subarray(CRC_FROM)), true)
}

/** Reads the header at the start of `bytes`; undefined when it is none. */
export function readBlockHeader(bytes: Uint8Array): BlockHeader | undefined {
  if (bytes.length < BLOCK_HEADER) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, BLOCK_HEADER)
  const magic = view.getUint32(0, true)
  if (magic !== MAGIC.records && magic !== MAGIC.header) return undefined
  const length = view.getUint32(4, true)
  return { magic, length, count: view.getUint32(12, true), firstSequence: view.getFloat64(16, true) }
}

/** Whether a whole block (header and payload) is as it was written. */
export function isIntact(block: Uint8Array): boolean {
  const view = new DataView(block.buffer, block.byteOffset, BLOCK_HEADER)
  return view.getUint32(CRC_AT, true) === checksum(block.subarray(CRC_FROM))
}
