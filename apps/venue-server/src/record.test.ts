import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCli } from '@tapeloom/cli'
import { feedCheck } from '@tapeloom/feeds'
import { describe, expect, onTestFinished, test } from 'vitest'
import { recordings, workFolder, writeConfig } from './live-run.ts'
import { readTape } from './tape.ts'
import { startVenueServer, type VenueServer, type VenueServerOptions } from './venue-server.ts'

const absent = !existsSync(join(recordings, 'captures'))

interface Ending {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command; `until` settles when it is to be ended by Ctrl-C. */
async function command(args: readonly string[], until?: () => Promise<void>): Promise<Ending> {
  const texts = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({ write: (text: string) => (texts[name] += text) })
  const running = runCli(args, { stdout: stream('out'), stderr: stream('err'), env: {} })
  if (until) {
    await until()
    process.emit('SIGINT')
  }
  return { code: await running, ...texts }
}

async function venueOf(options: VenueServerOptions): Promise<VenueServer> {
  const server = await startVenueServer(options)
  onTestFinished(() => server.close())
  return server
}
function folderOf(): string {
  const folder = workFolder()
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const played = (server: VenueServer) => async () => {
  await server.done
  await sleep(100) // what was sent last is on its way
}

describe.skipIf(absent)('record', () => {
  test.each([
    ['binance', 'binance_2021-04-04_BTC-ETH-DOTUSDT.jsonl.gz', ['BTC/USDT', 'ETH/USDT', 'DOT/USDT'], 40, /@depth|@aggTrade/],
    ['kraken', 'kraken_2021-04-05_XBTUSD+9.jsonl.gz',
      ['ALGO/BTC', 'AUD/USD', 'KAVA/USD', 'ICX/USD', 'BTC/USD', 'LSK/USD', 'DASH/EUR', 'FIL/BTC', 'WAVES/ETH', 'USDC/GBP'], 40, /^(?!.*"ticker")/],
    ['okx', 'okx_2022-05-13_BTC-USDT+.jsonl.gz', ['BTC/USDT', 'UNI/USD:UNI', 'BTC/USD:BTC-220527'], 10, /^(?!.*"tickers")/],
    ['coinbase', 'coinbase_2026-08-09_BTC-ETH-USD.jsonl.gz', ['BTC/USD', 'ETH/USD'], 10, /"(l2_data|market_trades|subscriptions|heartbeats)"/],
  ] as const)('%s: a capture equals the original messages, and is checked and replayed', async (venue, file, symbols, speed, taken) => {
    const [capture, folder] = [join(recordings, 'captures', file), folderOf()]
    const server = await venueOf({ capture, venue, speed, times: 'original' })
    const config = writeConfig(folder, venue, symbols, server, { silence: '60s' })
    const out = join(folder, 'captures')
    const { code, err } = await command(['record', config, '--out', out, '--json'], played(server))
    expect({ code, err: err.match(/next attempt|is lost/g) }).toEqual({ code: 0, err: null })
    const [name = ''] = readdirSync(out)
    const texts = (path: string) => readTape(path).filter(({ kind }) => kind === 'message').map(({ text }) => unnumbered(text))
    const [kept, said] = [texts(join(out, name)), texts(capture).filter((text) => taken.test(text))]
    const other = said.findIndex((text, i) => kept[i] !== text) // a difference of whole captures takes minutes to print
    expect([kept.length, other, kept[other]?.slice(0, 300)]).toEqual([said.length, -1, undefined])
    const [[ours], [original]] = [await feedCheck([join(out, name)]), await feedCheck([capture])]
    const { bookMessages, trades, checksums } = original!
    expect(ours).toMatchObject({ bookMessages, trades, checksums, gaps: 0, crossed: 0, faults: 0 })
    if (venue === 'binance') return // trades of 2021 that are received today: their replay ticks through the years
    writeFileSync(join(folder, 'replay.yaml'), 'orchestrator: { modules: [] }\ndata: { store: memory }\n')
    const replayed = await command(['replay', join(folder, 'replay.yaml'), '--from', out, '--json'])
    expect([replayed.code, replayed.err]).toEqual([0, ''])
    expect((JSON.parse(replayed.out) as { events: object }).events).toMatchObject({ book: bookMessages })
  })
})

/** Coinbase numbers the messages of a connection, over the channels that are subscribed to. */
const unnumbered = (text: string): string => text.replace(/"sequence_num":\d+/, '"sequence_num":0')
