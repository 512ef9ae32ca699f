import { AT, KIND, type MarketRecord } from '../ingest/market-record.ts'
import { BRIEF_BYTES, BRIEF_TRADE, decodeBrief, encodeBrief, type BlockMemory } from './brief-trade.ts'

/**
 * A record: `u8 kind, u8 flags, u16 source, u32 bytes, u16 market, u16 text bytes, u32 rest bytes`, then as doubles
 * source sequence, tsEvent, tsInit and what the kind adds, the text, the rest (raw bytes); padded to 8. A trade that
 * goes on from what stands before it in the block is brief: `brief-trade.ts`.
 */
const HEADER = 16
const CANDLE_NUMBERS = 11
const NO_BYTES = new Uint8Array(0)

/** The memory of one block, seen as bytes, words and doubles. */
export class RecordBuffer {
  readonly u8: Uint8Array<ArrayBuffer>
  readonly u16: Uint16Array<ArrayBuffer>
  readonly u32: Uint32Array<ArrayBuffer>
  readonly f64: Float64Array<ArrayBuffer>

  constructor(bytes: number | ArrayBuffer) {
    const memory = typeof bytes === 'number' ? new ArrayBuffer(bytes) : bytes
    this.u8 = new Uint8Array(memory)
    this.u16 = new Uint16Array(memory)
    this.u32 = new Uint32Array(memory)
    this.f64 = new Float64Array(memory)
  }
}

/** Most bytes that a record can take, given its rest. */
export const roomFor = (record: MarketRecord, rest: number): number =>
  HEADER + 8 * (5 + CANDLE_NUMBERS) + 16 * (record.kind === KIND.book ? record.bids + record.asks : 0) +
  3 * record.text.length + rest + 16

/** Encodes `record` at byte `at`, a multiple of 8; returns the byte after it. Allocates nothing for ASCII texts. */
export function encodeRecord(buffer: RecordBuffer, at: number, record: MarketRecord, memory: BlockMemory, rest?: Uint8Array): number {
  if (record.kind === KIND.trade && rest === undefined && encodeBrief(buffer, at, record, memory)) return at + BRIEF_BYTES
  memory.note(record)
  const { f64 } = buffer
  const { number, kind } = record
  let d = (at + HEADER) >> 3
  f64[d] = number[AT.sourceSequence]!
  f64[d + 1] = number[AT.tsEvent]!
  f64[d + 2] = number[AT.tsInit]!
  d += 3
  if (kind === KIND.trade) {
    f64[d] = number[AT.price]!
    f64[d + 1] = number[AT.quantity]!
    d += 2
  } else if (kind === KIND.book) d = encodeLevels(f64, d, record)
  else if (kind === KIND.candle || kind === KIND.backfill) {
    for (let i = 0; i < CANDLE_NUMBERS; i++) f64[d + i] = number[AT.openTime + i]!
    d += CANDLE_NUMBERS
  }
  return encodeTail(buffer, at, d << 3, record, rest)
}

/** Writes the text and the rest from `textAt` on, zeros up to a multiple of 8, and then the record's header. */
function encodeTail(buffer: RecordBuffer, at: number, textAt: number, record: MarketRecord, rest?: Uint8Array): number {
  const { u32 } = buffer
  const textEnd = encodeText(buffer, textAt, record.text)
  const end = rest ? encodeRest(buffer, textEnd, rest) : textEnd
  const next = (end + 7) & ~7
  const h = at >> 2
  u32[h] = record.kind | (record.flags << 8) | (record.source << 16)
  u32[h + 1] = next - at
  u32[h + 2] = record.market | ((textEnd - textAt) << 16)
  u32[h + 3] = end - textEnd
  return next
}

/** Decodes the record at byte `at` into `record`; returns its raw rest and where the next one begins. */
export function decodeRecord(
  buffer: RecordBuffer, at: number, record: MarketRecord, memory: BlockMemory,
): { readonly next: number; readonly rest: Uint8Array } {
  const { u8, u16, u32, f64 } = buffer
  const { number } = record
  if (u8[at] === BRIEF_TRADE) {
    decodeBrief(buffer, at, record, memory)
    return { next: at + BRIEF_BYTES, rest: NO_BYTES }
  }
  record.kind = u8[at] ?? 0
  record.flags = u8[at + 1] ?? 0
  record.source = u16[(at >> 1) + 1] ?? 0
  record.market = u16[(at >> 1) + 4] ?? 0
  let d = (at + HEADER) >> 3
  for (let i = 0; i < 3; i++) number[i] = f64[d++]!
  if (record.kind === KIND.trade) {
    number[AT.price] = f64[d++]!
    number[AT.quantity] = f64[d++]!
  } else if (record.kind === KIND.book) {
    d = decodeLevels(f64, d, record)
  } else if (record.kind === KIND.candle || record.kind === KIND.backfill) {
    for (let i = 0; i < CANDLE_NUMBERS; i++) number[AT.openTime + i] = f64[d++]!
  }
  const textAt = d << 3
  const textEnd = textAt + (u16[(at >> 1) + 5] ?? 0)
  record.text = textEnd === textAt ? '' : Buffer.from(u8.buffer, textAt, textEnd - textAt).toString('utf8')
  memory.note(record)
  return { next: at + (u32[(at >> 2) + 1] ?? 0), rest: u8.subarray(textEnd, textEnd + (u32[(at >> 2) + 3] ?? 0)) }
}

function encodeLevels(f64: Float64Array, at: number, { bids, asks, ticks, lots }: MarketRecord): number {
  f64[at] = bids
  f64[at + 1] = asks
  let d = at + 2
  for (let i = 0; i < bids + asks; i++) {
    f64[d++] = ticks[i]!
    f64[d++] = lots[i]!
  }
  return d
}

function decodeLevels(f64: Float64Array, at: number, record: MarketRecord): number {
  record.bids = f64[at]!
  record.asks = f64[at + 1]!
  const count = record.bids + record.asks
  record.reserveLevels(count)
  let d = at + 2
  for (let i = 0; i < count; i++) {
    record.ticks[i] = f64[d++]!
    record.lots[i] = f64[d++]!
  }
  return d
}

function encodeText(buffer: RecordBuffer, at: number, text: string): number {
  const { u8, f64 } = buffer
  const end = at + text.length
  f64[end >> 3] = 0 // padding
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return encodeUtf8(buffer, at, text)
    u8[at + i] = code
  }
  return end
}

function encodeUtf8({ u8, f64 }: RecordBuffer, at: number, text: string): number {
  const bytes = Buffer.from(text, 'utf8')
  f64[(at + bytes.length) >> 3] = 0
  u8.set(bytes, at)
  return at + bytes.length
}

function encodeRest({ u8, f64 }: RecordBuffer, at: number, rest: Uint8Array): number {
  const end = at + rest.length
  if (end >> 3 > at >> 3) f64[end >> 3] = 0
  u8.set(rest, at)
  return end
}
