import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom, type Instrument, type MarketSymbol } from '@tapeloom/core'
import { captureSource } from '@tapeloom/feeds'
import { WebSocketServer, type WebSocket } from 'ws'
import { binanceDialect } from './binance-dialect.ts'
import { bybitDialect } from './bybit-dialect.ts'
import { coinbaseDialect } from './coinbase-dialect.ts'
import type { Client, Dialect, MakeDialect } from './dialect.ts'
import { planFaults, type Faults } from './faults.ts'
import { krakenDialect } from './kraken-dialect.ts'
import { okxDialect } from './okx-dialect.ts'
import { beginningOf, playTape } from './tape-player.ts'
import { readTape, type TapeRecord } from './tape.ts'

/** The venues that can be played. */
export type VenueName = 'binance' | 'bybit' | 'coinbase' | 'kraken' | 'okx'

/** What a local venue plays, and how. */
export interface VenueServerOptions {
  /** A file of recorded traffic or of Binance text. */
  readonly capture: string
  readonly venue: VenueName
  /** How many times faster than it was; default 1. */
  readonly speed?: number
  /** How often the capture is played; after each round all connections are cut. Default 1. */
  readonly rounds?: number
  readonly faults?: Faults
  /** Where the faults come; default 1. */
  readonly seed?: number
  /** `moved` (default): the venue's times are those of the playing. `original`: payloads are as they were. */
  readonly times?: 'moved' | 'original'
  /** Default: one that the system chooses. */
  readonly port?: number
}

/** A venue on loopback. */
export interface VenueServer {
  readonly urls: { readonly socket: string; readonly rest: string }
  /** Settles when all rounds were played. It goes on answering, with the last books. */
  readonly done: Promise<void>
  /** What happened so far: connections made, times that they were cut, connections that got nothing, messages sent and left out, answers of 429. */
  readonly counts: {
    readonly connections: number; readonly cut: number; readonly halfOpen: number
    readonly sent: number; readonly leftOut: number; readonly refused: number
  }
  close(): Promise<void>
}

const DIALECTS: Readonly<Record<VenueName, MakeDialect>> = {
  binance: binanceDialect, bybit: bybitDialect, coinbase: coinbaseDialect, kraken: krakenDialect, okx: okxDialect,
}
/** What each venue says when nothing happens: after the tape connections are kept, as a venue keeps them. */
const BEATS: Readonly<Record<VenueName, string>> = {
  binance: '{"result":null,"id":0}', bybit: '{"success":true,"ret_msg":"pong","op":"ping"}', kraken: '{"event":"heartbeat"}', okx: 'pong',
  coinbase: '{"channel":"heartbeats","timestamp":"2026-01-01T00:00:00Z","sequence_num":0,"events":[]}',
}
const BEAT_MS = 100
/** Between the first subscription and the first record: clients may say more than one thing. */
const READY_MS = 50

/** Plays a capture as its venue would: WebSocket and REST on 127.0.0.1. It begins when somebody subscribes. */
export async function startVenueServer(options: VenueServerOptions): Promise<VenueServer> {
  const source = captureSource(options.capture)
  await source.prepare?.()
  const instruments = new Map(source.instruments.map((one) => [rawOf(options.venue, one.symbol), one]))
  const playing = new LocalVenue(options, readTape(options.capture), instruments)
  await playing.listen(options.port ?? 0)
  return playing
}

class LocalVenue implements VenueServer {
  readonly counts = { connections: 0, cut: 0, halfOpen: 0, sent: 0, leftOut: 0, refused: 0 }
  readonly done: Promise<void>
  readonly #options: VenueServerOptions
  readonly #tape: readonly TapeRecord[]
  readonly #dialect: Dialect
  readonly #http: Server
  readonly #sockets = new WebSocketServer({ noServer: true })
  readonly #clients = new Map<Client, WebSocket>()
  readonly #over = new AbortController()
  readonly #random
  #refusals: number
  #deaf = 0
  #startUs = NaN
  #port = 0

  constructor(options: VenueServerOptions, tape: readonly TapeRecord[], instruments: ReadonlyMap<string, Instrument>) {
    const { speed = 1, times = 'moved', seed = 1 } = options
    const firstUs = beginningOf(tape)
    const retime = (us: number) => (times === 'original' ? us : this.#startUs + (us - firstUs) / speed)
    this.#options = options
    this.#tape = tape
    this.#random = createRandom(seed, 'refusals')
    this.#refusals = options.faults?.refusals ?? 0
    this.#dialect = DIALECTS[options.venue]({ tape, instruments, retime })
    this.#http = createServer((request, response) => this.#answer(request, response))
    this.#http.on('upgrade', (request, socket, head) =>
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#connected(client, request)))
    this.done = this.#play()
  }

  get urls() {
    return { socket: `ws://127.0.0.1:${this.#port}`, rest: `http://127.0.0.1:${this.#port}` }
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(port, '127.0.0.1', resolve))
    this.#port = (this.#http.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#over.abort()
    for (const client of this.#sockets.clients) client.terminate()
    this.#http.closeAllConnections()
    await new Promise<void>((resolve) => this.#http.close(() => resolve()))
    await this.done
  }

  async #play(): Promise<void> {
    const { speed = 1, rounds = 1, faults = {}, seed = 1 } = this.#options
    const { signal } = this.#over
    const dialect = this.#dialect
    const parts = {
      tape: this.#tape, dialect, speed, stallMs: faults.stallMs ?? 200,
      send: (...how: [TapeRecord, string, boolean]) => this.#send(...how), cut: (halfOpen: boolean) => this.#cut(halfOpen),
    }
    for (let round = 0; round < rounds && !signal.aborted; round++) {
      if (round > 0) {
        dialect.reset()
        this.#cut(false)
      }
      while (![...this.#clients.keys()].some(({ topics }) => topics.size > 0) && !signal.aborted) await this.#pause(1)
      await this.#pause(READY_MS)
      this.#startUs = Date.now() * 1000
      const topics = new Set([...this.#clients.keys()].flatMap((client) => [...client.topics]))
      await playTape(parts, planFaults(this.#tape, dialect, faults, { seed, round, rounds, topics }), signal)
    }
    if (this.#options.times !== 'original') void this.#beat()
  }

  async #beat(): Promise<void> {
    for (; !this.#over.signal.aborted; await this.#pause(BEAT_MS)) {
      for (const client of this.#clients.keys()) client.send(BEATS[this.#options.venue])
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#over.signal }).catch(() => undefined)
  }

  #connected(socket: WebSocket, request: IncomingMessage): void {
    this.counts.connections++
    socket.on('error', () => undefined)
    if (this.#deaf > 0) {
      this.#deaf--
      this.counts.halfOpen++
      return
    }
    const client: Client = { topics: new Set(), send: (text) => socket.send(text), skip: () => undefined }
    this.#clients.set(client, socket)
    this.#dialect.connected(client, new URL(request.url ?? '/', 'http://local'))
    socket.on('message', (data: Buffer) => this.#dialect.said(client, data.toString('utf8')))
    socket.on('close', () => this.#clients.delete(client))
  }

  #send(record: TapeRecord, topic: string, isLeftOut: boolean): void {
    let text: string | undefined
    for (const client of this.#clients.keys()) {
      if (topic === '' ? client.topics.size === 0 : !client.topics.has(topic)) continue
      if (isLeftOut) {
        this.counts.leftOut++
        client.skip()
        continue
      }
      client.send((text ??= this.#options.times === 'original' ? record.text : this.#dialect.retimed(record.text)))
      this.counts.sent++
    }
  }

  #cut(halfOpen: boolean): boolean {
    const heard = [...this.#clients].filter(([{ topics }]) => topics.size > 0)
    if (heard.length === 0) return false
    if (halfOpen) this.#deaf++
    for (const [client, socket] of heard) {
      socket.terminate()
      this.#clients.delete(client)
    }
    this.counts.cut++
    return true
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://local')
    const isRefused = this.#refusals > 0 && !Number.isNaN(this.#startUs) && this.#random.next() < 0.5
    if (isRefused) {
      this.#refusals--
      this.counts.refused++
      response.writeHead(429).end()
      return
    }
    const text = this.#dialect.answer(url)
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(text)
  }
}

/** The venue's name of a symbol. */
function rawOf(venue: VenueName, symbol: MarketSymbol): string {
  const [base = '', quote = ''] = (symbol.split(/[:-]/)[0] ?? '').split('/')
  const kraken = (code: string) => ({ BTC: 'XBT', DOGE: 'XDG' })[code] ?? code
  if (venue === 'kraken') return `${kraken(base)}/${kraken(quote)}`
  return venue === 'coinbase' || venue === 'okx' ? `${base}-${quote}` : `${base}${quote}`
}
