import { AT, KIND, type MarketRecord } from '../ingest/market-record.ts'
import type { RecordBuffer } from './record-codec.ts'

/** Stands for `KIND.trade` in the journal, in the brief form. */
export const BRIEF_TRADE = 0x81
export const BRIEF_BYTES = 32
const [SOURCES, MARKETS] = [256, 1024]
/** Digits of a whole number that a double holds whatever they are. */
const MOST_DIGITS = 15

/** Where the numbers of a memory stand: tsInit of the record before, newest sequence of each source, newest id of each market. */
const [TIME, SEQUENCE, ID] = [0, 1, 1 + SOURCES]

/** What the records of a block so far say, so that a brief one need not: writer and reader keep the same. NaN: nothing. */
export class BlockMemory {
  readonly number = new Float64Array(ID + MARKETS).fill(NaN)

  /** A block begins. */
  clear(): void {
    this.number.fill(NaN)
  }

  /** Takes note of a record that is not brief. */
  note({ kind, number, source, market, text }: MarketRecord): void {
    this.number[TIME] = number[AT.tsInit]!
    if (source < SOURCES) this.number[SEQUENCE + source] = number[AT.sourceSequence]!
    const id = kind === KIND.trade && market < MARKETS ? idNumber(text) : 0
    if (id > 0) this.number[ID + market] = id
  }
}

/**
 * Encodes a trade as what has changed: `u8 kind, u8 flags, u16 source, u16 market, u16 step of the source sequence,
 * u32 step of tsInit, i32 tsInit − tsEvent, u32 price ticks, u32 step of the id (0: no id), f64 lots`. Returns false,
 * and writes nothing that counts, where one of them does not fit or could not be told again exactly.
 */
export function encodeBrief({ u32, f64 }: RecordBuffer, at: number, record: MarketRecord, memory: BlockMemory): boolean {
  const source = record.source
  const market = record.market
  if (source >= SOURCES || market >= MARKETS) return false
  const known = memory.number
  const number = record.number
  const tsInit = number[AT.tsInit]!
  const wait = (tsInit - known[TIME]!) >>> 0
  const step = (number[AT.sourceSequence]! - known[SEQUENCE + source]!) & 0xffff
  const lag = (tsInit - number[AT.tsEvent]!) | 0
  const price = number[AT.price]! >>> 0
  if (!(tsInit > 0 && number[AT.tsEvent]! > 0 && price > 0)) return false // −0 is not 0
  if (known[TIME]! + wait !== tsInit || known[SEQUENCE + source]! + step !== number[AT.sourceSequence]) return false
  if (tsInit - lag !== number[AT.tsEvent] || price !== number[AT.price]) return false
  let idStep = 0
  if (record.text !== '') {
    const id = idNumber(record.text)
    idStep = (id - known[ID + market]!) >>> 0
    if (idStep === 0 || known[ID + market]! + idStep !== id) return false
    known[ID + market] = id
  }
  known[SEQUENCE + source] = number[AT.sourceSequence]!
  known[TIME] = tsInit
  const w = at >> 2
  u32[w] = BRIEF_TRADE | (record.flags << 8) | (source << 16)
  u32[w + 1] = market | (step << 16)
  u32[w + 2] = wait
  u32[w + 3] = lag
  u32[w + 4] = price
  u32[w + 5] = idStep
  f64[(at >> 3) + 3] = number[AT.quantity]!
  return true
}

/** Decodes the brief trade at byte `at`. */
export function decodeBrief({ u32, f64 }: RecordBuffer, at: number, record: MarketRecord, memory: BlockMemory): void {
  const w = at >> 2
  const [head, places, idStep] = [u32[w]!, u32[w + 1]!, u32[w + 5]!]
  const { number } = record
  record.kind = KIND.trade
  record.flags = (head >> 8) & 0xff
  const source = (record.source = head >>> 16)
  const market = (record.market = places & 0xffff)
  const known = memory.number
  number[AT.sourceSequence] = known[SEQUENCE + source]! += places >>> 16
  number[AT.tsInit] = known[TIME]! += u32[w + 2]!
  number[AT.tsEvent] = known[TIME]! - (u32[w + 3]! | 0)
  number[AT.price] = u32[w + 4]!
  number[AT.quantity] = f64[(at >> 3) + 3]!
  record.text = idStep === 0 ? '' : String((known[ID + market]! += idStep))
}

/** The number whose decimal text `id` is, exactly; NaN where it is none. */
function idNumber(id: string): number {
  const { length } = id
  if (length === 0 || length > MOST_DIGITS || id.charCodeAt(0) === 48) return NaN
  let value = 0
  for (let i = 0; i < length; i++) {
    const digit = id.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return NaN
    value = 10 * value + digit
  }
  return value
}
