import fs, { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { KIND, MarketRecord, NONE } from '../ingest/market-record.ts'
import { BlockMemory } from './brief-trade.ts'
import { checkHeader } from './journal-manifest.ts'
import { findJournal, JournalReader } from './journal-reader.ts'
import { JournalWriter } from './journal-writer.ts'
import { decodeRecord, encodeRecord, RecordBuffer, roomFor } from './record-codec.ts'
import { keepSnapshotFile, newestSnapshotFile } from './snapshot-files.ts'

const root = mkdtempSync(join(tmpdir(), 'tapeloom-journal-'))
let folders = 0
const newFolder = () => join(root, String(++folders))
afterAll(() => rmSync(root, { recursive: true }))

const START = { segment: 0, bytes: 0, sequence: 0 }
const finite = fc.double({ noNaN: true })
const records = fc.oneof(
  fc.record({ kind: fc.constant(KIND.trade), text: fc.string(), numbers: fc.array(finite, { minLength: 5, maxLength: 5 }), flags: fc.constantFrom(0, 1), levels: fc.constant([]) }),
  fc.record({ kind: fc.constant(KIND.book), text: fc.constant(''), numbers: fc.array(finite, { minLength: 3, maxLength: 3 }), flags: fc.constantFrom(0, 1, 3), levels: fc.array(fc.tuple(finite, finite), { maxLength: 40 }) }),
  fc.record({ kind: fc.constantFrom(KIND.candle, KIND.backfill), text: fc.constantFrom('1m', '1h'), numbers: fc.array(fc.double(), { minLength: 14, maxLength: 14 }), flags: fc.constant(0), levels: fc.constant([]) }),
  fc.record({ kind: fc.constantFrom(KIND.gap, KIND.tick), text: fc.string({ unit: 'grapheme' }), numbers: fc.array(finite, { minLength: 3, maxLength: 3 }), flags: fc.constant(0), levels: fc.constant([]) }),
)

function recordOf({ kind, text, numbers, flags, levels }: { kind: number; text: string; numbers: number[]; flags: number; levels: [number, number][] }): MarketRecord {
  const record = new MarketRecord()
  record.kind = kind
  record.text = text
  record.flags = flags
  record.source = 3
  record.market = kind === KIND.tick ? NONE : 7
  record.number.set(numbers)
  record.bids = levels.length >> 1
  record.asks = levels.length - record.bids
  record.reserveLevels(levels.length)
  levels.forEach(([ticks, lots], i) => {
    record.ticks[i] = ticks
    record.lots[i] = lots
  })
  return record
}

/** What a record says, for comparison; numbers beyond its kind are not part of it. */
function content(record: MarketRecord): unknown {
  const { kind, source, market, flags, text, number, bids, asks, ticks, lots } = record
  const count = kind === KIND.trade ? 5 : kind === KIND.candle || kind === KIND.backfill ? 14 : 3
  const levels = kind === KIND.book ? [bids, asks, Array.from(ticks.subarray(0, bids + asks)), Array.from(lots.subarray(0, bids + asks))] : []
  return [kind, source, market, flags, text, Array.from(number.subarray(0, count)), levels]
}

const tradeRecord = (id: string) => recordOf({ kind: KIND.trade, text: id, numbers: [1, 2, 3, 4, 5], flags: 1, levels: [] })

function write(folder: string, count: number, perBlock: number, options: { segmentBytes?: number } = {}): void {
  const writer = new JournalWriter(folder, { seed: 1 }, START, options)
  for (let i = 1; i <= count; i++) {
    writer.append(i, tradeRecord(`id${i}`))
    if (i % perBlock === 0) writer.write()
  }
  writer.close()
}

function readAll(folder: string, after = 0): string[] {
  const reader = new JournalReader(folder, after)
  const record = new MarketRecord()
  const texts: string[] = []
  while (reader.next(record)) texts.push(`${reader.sequence} ${record.text}`)
  reader.close()
  return texts
}

describe('a record', () => {
  test('is decoded as it was encoded, among others', () => {
    fc.assert(fc.property(fc.array(fc.tuple(records, fc.uint8Array({ maxLength: 30 })), { minLength: 1, maxLength: 20 }), (list) => {
      const encoded = list.map(([spec, rest]) => ({ record: recordOf(spec as never), rest }))
      const buffer = new RecordBuffer((encoded.reduce((sum, { record, rest }) => sum + roomFor(record, rest.length), 0) + 7) & ~7)
      buffer.u8.fill(255)
      let end = 0
      const [written, read] = [new BlockMemory(), new BlockMemory()]
      for (const { record, rest } of encoded) end = encodeRecord(buffer, end, record, written, rest)
      const found = new MarketRecord()
      let at = 0
      for (const { record, rest } of encoded) {
        const decoded = decodeRecord(buffer, at, found, read)
        expect(content(found)).toEqual(content(record))
        expect([...decoded.rest]).toEqual([...rest])
        at = decoded.next
      }
      expect(at).toBe(end)
    }))
  })
})

describe('trades that go on from each other', () => {
  const near = (least: number, most: number) => fc.oneof({ weight: 6, arbitrary: fc.integer({ min: least, max: most }) }, { weight: 1, arbitrary: fc.double() })
  const trade = fc.record({
    source: fc.constantFrom(0, 1, 255, 256, NONE), market: fc.constantFrom(0, 1, 1023, 1024), flags: fc.constantFrom(0, 1),
    step: near(-1, 70_000), wait: near(-5, 5e9), lag: near(-5e6, 3e9), price: near(-1, 2 ** 33), lots: fc.double(),
    id: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('', '0', '007', '-1', '1e3', ' 5', 'a', '٣', '9007199254740993', '123456789012345')),
  })

  test('come back exactly, whatever they say', () => {
    fc.assert(fc.property(fc.array(trade, { maxLength: 40 }), (list) => {
      const [written, read, buffer] = [new BlockMemory(), new BlockMemory(), new RecordBuffer(65_536)]
      let [end, sequence, time, id] = [0, 5, 1.7e15, 4e9]
      const said = list.map((spec) => {
        const record = tradeRecord(typeof spec.id === 'string' ? spec.id : String((id += spec.id)))
        record.number.set([(sequence += spec.step), (time += spec.wait) - spec.lag, time, spec.price, spec.lots])
        Object.assign(record, { source: spec.source, market: spec.market, flags: spec.flags })
        end = encodeRecord(buffer, end, record, written)
        return content(record)
      })
      const found = new MarketRecord()
      let at = 0
      for (const one of said) {
        at = decodeRecord(buffer, at, found, read).next
        expect(content(found)).toEqual(one)
      }
      expect(at).toBe(end)
    }), { numRuns: 300 })
  })

  test('take 32 bytes each, ids that are numbers with them', () => {
    const [memory, buffer] = [new BlockMemory(), new RecordBuffer(4096)]
    const sizes = Array.from({ length: 4 }, (_, i) => {
      const record = tradeRecord(String(3_985_264_471 + 7 * i))
      record.number.set([i + 1, 1.7e15 + 1000 * i, 1.7e15 + 1000 * i + 90_000, 600_001, 25_000])
      return encodeRecord(buffer, 0, record, memory)
    })
    expect(sizes).toEqual([72, 32, 32, 32])
  })
})

describe('a journal', () => {
  test('gives back its records in order, from any place, over blocks and segments', () => {
    const folder = newFolder()
    write(folder, 500, 7, { segmentBytes: 4096 })
    expect(readdirSync(folder).length).toBeGreaterThan(4)
    const all = Array.from({ length: 500 }, (_, i) => `${i + 1} id${i + 1}`)
    for (const after of [0, 1, 6, 7, 250, 499, 500]) expect(readAll(folder, after)).toEqual(all.slice(after))
    expect(findJournal(folder)).toMatchObject({ header: { seed: 1 }, end: { sequence: 500 }, firstSequence: 1, cutBytes: 0 })
  })

  test('holds records larger than a block', () => {
    const folder = newFolder()
    const writer = new JournalWriter(folder, null, START)
    const large = recordOf({ kind: KIND.book, text: '', numbers: [1, 2, 3], flags: 1, levels: Array.from({ length: 9000 }, (_, i) => [i, i + 1]) })
    writer.append(1, tradeRecord('a'))
    writer.append(2, large)
    writer.append(3, tradeRecord('b'), new Uint8Array(200_000).fill(9))
    writer.close()
    const reader = new JournalReader(folder, 1)
    const record = new MarketRecord()
    reader.next(record)
    expect(content(record)).toEqual(content(large))
    reader.next(record)
    expect([record.text, reader.rest.length, reader.rest[199_999]]).toEqual(['b', 200_000, 9])
    expect(reader.next(record)).toBe(false)
    reader.close()
  })

  test('torn at any byte of its last block is cut to what was acknowledged, and goes on from there', () => {
    const folder = newFolder()
    write(folder, 20, 5)
    const path = join(folder, '000001.tlj')
    const whole = readFileSync(path)
    const end15 = lastBlockAt(whole)
    for (let length = end15; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length))
      const found = findJournal(folder)
      expect(found).toMatchObject({ end: { sequence: 15, bytes: end15 }, cutBytes: length - end15 })
      expect(statSync(path).size).toBe(end15)
      const writer = new JournalWriter(folder, { seed: 1 }, found!.end)
      writer.append(16, tradeRecord('again'))
      writer.close()
      expect(readAll(folder, 14)).toEqual(['15 id15', '16 again'])
    }
  })

  test('with any byte of its last block changed is cut too', () => {
    const folder = newFolder()
    write(folder, 20, 5)
    const path = join(folder, '000001.tlj')
    const whole = readFileSync(path)
    for (let at = lastBlockAt(whole); at < whole.length; at++) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 0x41
      writeFileSync(path, damaged)
      // the eight reserved bytes and every other one are covered by the checksum
      expect(findJournal(folder)?.end.sequence, `byte ${at}`).toBe(15)
    }
  })

  test('damaged before its last block is not used', () => {
    const folder = newFolder()
    write(folder, 20, 5)
    const path = join(folder, '000001.tlj')
    const damaged = readFileSync(path)
    damaged[lastBlockAt(damaged) - 20]! ^= 1
    writeFileSync(path, damaged)
    expect(() => findJournal(folder)).toThrow(/is damaged at byte/)
    expect(() => readAll(folder)).toThrow(/is damaged at byte/)
  })

  test('cut in the middle of an older segment is not used', () => {
    const folder = newFolder()
    write(folder, 200, 7, { segmentBytes: 4096 })
    truncateSync(join(folder, '000001.tlj'), statSync(join(folder, '000001.tlj')).size - 3)
    expect(() => readAll(folder)).toThrow(/is damaged at byte/)
  })

  test('whose newest segment has only a torn header ends with the one before', () => {
    const folder = newFolder()
    write(folder, 20, 5)
    writeFileSync(join(folder, '000002.tlj'), readFileSync(join(folder, '000001.tlj')).subarray(0, 40))
    const { end, header } = findJournal(folder)!
    expect(end).toMatchObject({ segment: 1, sequence: 20 })
    const writer = new JournalWriter(folder, header, end, { segmentBytes: 1 }) // goes on in a segment of that name
    writer.append(21, tradeRecord('id21'))
    writer.close()
    expect(readAll(folder)).toHaveLength(21)
  })

  test('whose only segment was never written begins anew', () => {
    const folder = newFolder()
    mkdirSync(folder)
    writeFileSync(join(folder, '000001.tlj'), '')
    expect(findJournal(folder)).toBeUndefined()
    write(folder, 20, 5)
    expect(readAll(folder)).toHaveLength(20)
  })

  test('holds no part of a block that could not be written, so that the next one is read', () => {
    const folder = newFolder()
    const writer = new JournalWriter(folder, { seed: 1 }, START)
    writer.append(1, tradeRecord('id1'))
    writer.write()
    writer.append(2, tradeRecord('id2'))
    const { writeSync } = fs
    let full = false
    fs.writeSync = ((file: number, block: Uint8Array, _offset: number, _length: number, position: number) => {
      if (full) throw new Error('ENOSPC: no space left on device')
      full = true
      return writeSync(file, block, 0, 20, position)
    }) as typeof writeSync
    syncBuiltinESMExports()
    try {
      expect(() => writer.write()).toThrow(/cannot be written: ENOSPC/)
    } finally {
      fs.writeSync = writeSync
      syncBuiltinESMExports()
    }
    writer.close()
    expect(readAll(folder)).toHaveLength(2)
    expect(findJournal(folder)).toMatchObject({ end: { sequence: 2 }, cutBytes: 0 })
  })

  test('with rubbish behind it is cut', () => {
    const folder = newFolder()
    write(folder, 20, 5)
    appendFileSync(join(folder, '000001.tlj'), Buffer.alloc(100, 7))
    expect(findJournal(folder)).toMatchObject({ end: { sequence: 20 }, cutBytes: 100 })
  })

  test('is absent where there is no folder', () => {
    expect(findJournal(join(root, 'nowhere'))).toBeUndefined()
    expect(readAll(join(root, 'nowhere'))).toEqual([])
  })

  test('that cannot be written says so', () => {
    const path = join(root, 'a-file')
    writeFileSync(path, '')
    expect(() => new JournalWriter(path, null, START)).toThrow(/\[journal .*a-file\] cannot be written: .*Free space or rights/)
  })

  test('names the first difference of two headers', () => {
    expect(() => checkHeader('/j', { seed: 1, plan: { a: [1, 2] } }, { seed: 1, plan: { a: [1, 3] } })).toThrow(
      '[journal /j] was written with plan.a.1 = 2, now it is 3. Use the same again, or a new store.')
    expect(() => checkHeader('/j', { a: null }, { a: 'x'.repeat(200) })).toThrow(/now it is "x+\.\.\.\./)
    expect(() => checkHeader('/j', {}, { a: 1 })).toThrow('a = absent, now it is 1')
    expect(() => checkHeader('/j', { a: 1, b: [{ c: 'd' }] }, { b: [{ c: 'd' }], a: 1 })).not.toThrow()
  })
})

describe('snapshots', () => {
  const bytes = (value: number) => new Uint8Array(100).fill(value)
  test('are found newest first, up to a sequence, and two are kept', () => {
    const folder = newFolder()
    for (const sequence of [10, 200, 3000]) keepSnapshotFile(folder, sequence, bytes(sequence & 255))
    expect(readdirSync(folder).sort()).toEqual(['000000000000200.tls', '000000000003000.tls'])
    expect(newestSnapshotFile(folder, 9999)).toMatchObject({ sequence: 3000 })
    expect(newestSnapshotFile(folder, 2999)?.bytes).toEqual(Buffer.from(bytes(200)))
    expect(newestSnapshotFile(folder, 100)).toBeUndefined()
    expect(newestSnapshotFile(newFolder(), 100)).toBeUndefined()
  })
  test('that are not whole are passed over', () => {
    const folder = newFolder()
    keepSnapshotFile(folder, 1, bytes(1))
    keepSnapshotFile(folder, 2, bytes(2))
    const path = join(folder, '000000000000002.tls')
    const whole = readFileSync(path)
    for (const length of [0, 8, 50, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length))
      expect(newestSnapshotFile(folder, 9)?.sequence).toBe(1)
    }
    whole[40]! ^= 1
    writeFileSync(path, whole)
    expect(newestSnapshotFile(folder, 9)?.sequence).toBe(1)
  })
})

/** Where the last block of a segment begins. */
function lastBlockAt(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let [at, last] = [0, 0]
  for (; at < bytes.length; at += 32 + view.getUint32(at + 4, true)) last = at
  return last
}
