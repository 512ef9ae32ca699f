import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instrument, type MarketInput, type Source } from '@tapeloom/core'
import { afterAll, expect, test } from 'vitest'
import { checkInput } from '../ingest/input-check.ts'
import { AT, KIND, MarketRecord } from '../ingest/market-record.ts'
import { marketTable } from '../ingest/market-table.ts'
import { RunJournal } from '../journal/run-journal.ts'
import { simulatedMarket } from '../sim/index.ts'
import { journalSource } from './journal-source.ts'

const scratch = mkdtempSync(join(tmpdir(), 'tapeloom-'))
afterAll(() => rmSync(scratch, { recursive: true }))

async function all(source: Source, after?: number, most = Infinity): Promise<MarketInput[]> {
  const [inputs, abort] = [[] as MarketInput[], new AbortController()]
  for await (const chunk of source.events({ after, signal: abort.signal })) {
    inputs.push(...(chunk as readonly MarketInput[]))
    if (inputs.length >= most) abort.abort()
  }
  return inputs
}

const SPLIT = 'BTC/USDT'
const extra: readonly MarketInput[] = [
  {
    kind: 'candle',
    symbol: SPLIT,
    tsEvent: 60e6,
    timeframe: '1m',
    openTime: 0,
    open: 1,
    high: 2,
    low: 0.5,
    close: 1.5,
    volume: 1.25,
  },
  {
    kind: 'candle',
    symbol: SPLIT,
    tsEvent: 120e6,
    timeframe: '1m',
    openTime: 60e6,
    open: 1,
    high: 2,
    low: 0.5,
    close: 1.5,
    volume: 1.25,
    quoteVolume: 3,
    trades: 4,
    takerBuyVolume: 0.5,
    backfill: true,
  },
  { kind: 'gap', symbol: SPLIT, tsEvent: 130e6, reason: 'sequence 5 to 9' },
  {
    kind: 'book',
    symbol: SPLIT,
    tsEvent: 131e6,
    update: 'snapshot',
    partial: true,
    bids: [[10, 1]],
    asks: [
      [11, 2],
      [12, 3],
    ],
  },
]

/** Writes a journal as a run does; returns the inputs, as they must come back. */
function write(
  folder: string,
  sources: readonly Source[],
  inputs: readonly (readonly [number, MarketInput])[],
): MarketInput[] {
  const table = marketTable(sources)
  const journal = new RunJournal(
    folder,
    { seed: 1, plan: null, fingerprint: 'x' },
    { sources, instruments: table.markets.map((market) => market.instrument), settings: null },
  )
  const record = new MarketRecord()
  let sequence = 0
  const expected = inputs.map(([source, input]): MarketInput => {
    if (input.kind === 'reject') throw new Error('rejects are written apart')
    expect(checkInput(input, table.routes[source]!.get(input.symbol)!, record)).toBeUndefined()
    record.source = source
    record.number[AT.tsInit] = input.tsEvent + 5
    journal.append(++sequence, record)
    return { ...input, tsInit: input.tsEvent + 5, sourceSequence: sequence }
  })
  journal.appendHost(++sequence, record, 'command', { kind: 'stop' })
  record.kind = KIND.tick
  record.source = record.market = 0xffff
  journal.append(++sequence, record)
  record.kind = KIND.fault
  record.source = 0
  record.text = 'csv.side'
  record.raw = 'a,b'
  record.number[AT.tsEvent] = record.number[AT.tsInit] = 7e9
  journal.append(++sequence, record)
  journal.write()
  journal.close()
  return [
    ...expected,
    { kind: 'reject', code: 'csv.side', raw: 'a,b', tsEvent: 7e9, tsInit: 7e9, sourceSequence: sequence },
  ]
}

const market = simulatedMarket({ symbols: [SPLIT, 'ETH/USDT'], duration: '400s', seed: 5 })
const database = join(scratch, 'run.duckdb')
const written = (async () => {
  const inputs = [...(await all(market)), ...extra]
  return write(
    `${database}.journal/local`,
    [market],
    inputs.map((input) => [0, input]),
  )
})()

test('a journal gives back every market input, exactly, and nothing of the host’s', async () => {
  const wanted = await written
  const source = journalSource(database)
  await source.prepare?.()
  expect(source.instruments).toEqual(market.instruments)
  expect(source.name).toBe('journal run.duckdb')
  expect(await all(source)).toEqual(wanted)
  expect(wanted.length).toBeGreaterThan(2000)
})

test('it goes on after a sequence, and stops when told', async () => {
  const wanted = await written
  expect(await all(journalSource(database), 1500)).toEqual(wanted.slice(1500))
  expect((await all(journalSource(database), undefined, 1)).length).toBeLessThan(wanted.length)
})

test('a journal that is being written ends at its last whole block, and is left as it is', async () => {
  const sources = [market]
  const torn = join(scratch, 'torn.duckdb')
  const wanted = write(
    `${torn}.journal/local`,
    sources,
    (await all(market)).slice(0, 50).map((input) => [0, input]),
  )
  const [segment = ''] = readdirSync(`${torn}.journal/local`).filter((name) => name.endsWith('.tlj'))
  const path = join(`${torn}.journal/local`, segment)
  appendFileSync(path, readFileSync(path).subarray(-40))
  const size = statSync(path).size
  expect(await all(journalSource(torn))).toEqual(wanted)
  expect(statSync(path).size).toBe(size)
})

test('damage in the middle is an error, not an end', async () => {
  const damaged = join(scratch, 'damaged.duckdb')
  write(
    `${damaged}.journal/local`,
    [market],
    (await all(market)).slice(0, 50).map((input) => [0, input]),
  )
  const [segment = ''] = readdirSync(`${damaged}.journal/local`).filter((name) => name.endsWith('.tlj'))
  const path = join(`${damaged}.journal/local`, segment)
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(7, bytes.length - 400, bytes.length - 300))
  await expect(all(journalSource(damaged))).rejects.toMatchObject({ code: 'journal.corrupt' })
})

test('of two venues one is picked', async () => {
  const venue = (name: string): Source => ({
    name,
    live: false,
    instruments: [instrument(SPLIT, { venue: name, tickSize: '0.1', lotSize: '0.01' })],
    async *events() {},
  })
  const both = join(scratch, 'both.duckdb')
  const trade = (price: number): MarketInput => ({
    kind: 'trade',
    symbol: SPLIT,
    tsEvent: price,
    price,
    quantity: 1,
    aggressor: 'sell',
  })
  write(
    `${both}.journal/local`,
    [venue('a'), venue('b')],
    [
      [0, trade(5)],
      [1, trade(6)],
      [0, trade(7)],
    ],
  )
  await expect(journalSource(both).prepare?.()).rejects.toThrow(
    "BTC/USDT comes from 'a' and 'b'. Pick one: { venue: 'a' }",
  )
  const inputs = await all(journalSource(both, { venue: 'b' }))
  expect(inputs.map((input) => ('price' in input ? input.price : input.kind))).toEqual([6, 'reject'])
})

test('a database without a journal is an error', async () => {
  await expect(journalSource(join(scratch, 'none.duckdb')).prepare?.()).rejects.toMatchObject({
    code: 'source.missing',
  })
})
