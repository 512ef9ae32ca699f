import { instrument, parseSymbol, TapeloomError, type Instrument, type MarketInput, type MarketSymbol, type Source } from '@tapeloom/core'
import { Unreadable } from '../wire-fields.ts'
import type { LiveRecord } from './capture-line.ts'
import { wallClock } from './live-clock.ts'
import { LiveFeed } from './live-feed.ts'
import { backOffOf, millisecondsOf, type LiveOptions } from './live-options.ts'
import type { LiveStatus } from './live-status.ts'
import type { LiveSymbol, LiveVenue, Steps } from './live-venue.ts'
import { RestClient } from './rest-client.ts'

/** A venue's public data as it happens. */
export interface LiveSource extends Source {
  /** How its connection and its books stand now. */
  status(): LiveStatus
}

const IDLE: LiveStatus = {
  state: 'idle', connections: 0, disconnects: 0, messages: 0, gaps: 0, resyncs: 0, clockOffsetMs: NaN, booksAwaited: [],
}

/** How often instruments are asked for before it is given up. */
const TRIES = 3

/**
 * Makes the source of a venue.
 * @throws TapeloomError `live.symbols`, `live.urls`, `duration.form`; from `prepare` `live.instruments`
 */
export function liveSource(venue: LiveVenue, options: LiveOptions): LiveSource {
  return new VenueSource(venue, options)
}

class VenueSource implements LiveSource {
  readonly name: string
  readonly live = true
  readonly #venue: LiveVenue
  readonly #options: LiveOptions
  readonly #raws: readonly string[]
  readonly #clock = wallClock
  readonly #rest: RestClient
  readonly #answers: LiveRecord[] = []
  #symbols: readonly LiveSymbol[] = []
  #feed: LiveFeed | undefined

  constructor(venue: LiveVenue, options: LiveOptions) {
    backOffOf(options.backOff)
    millisecondsOf(options.silence, 0)
    checkUrls(venue.name, options.urls)
    this.name = venue.name
    this.#venue = venue
    this.#options = options
    this.#raws = rawsOf(venue, options.symbols)
    this.#rest = new RestClient(venue.requests, this.#clock)
  }

  get instruments(): readonly Instrument[] {
    return this.#symbols.map((one) => one.instrument)
  }

  status(): LiveStatus {
    return this.#feed?.status ?? IDLE
  }

  async prepare(): Promise<void> {
    if (this.#symbols.length > 0) return
    const given = new Map(this.#options.instruments?.map((one) => [one.symbol, one]))
    const asked = this.#raws.filter((_, i) => !given.has(this.#options.symbols[i]!)) // one raw for each symbol
    const steps = asked.length > 0 ? await this.#askSteps(asked) : new Map<string, Steps>()
    this.#symbols = this.#raws.map((raw, i) => {
      const known = given.get(this.#options.symbols[i]!)
      return { raw, instrument: known ? { ...known, venue: this.#venue.name } : this.#describe(raw, steps.get(raw)!) }
    })
  }

  async *events({ signal }: Parameters<Source['events']>[0]): AsyncGenerator<readonly MarketInput[], void, void> {
    await this.prepare()
    const over = new AbortController()
    const feed = new LiveFeed({
      venue: this.#venue, options: this.#options, symbols: this.#symbols, rest: this.#rest, clock: this.#clock, answers: this.#answers,
    })
    this.#feed = feed
    const running = feed.run(AbortSignal.any([signal, over.signal]))
    try {
      while (!signal.aborted) {
        await feed.more()
        const inputs = feed.take()
        if (inputs.length > 0) yield inputs
      }
    } finally {
      over.abort()
      await running
    }
  }

  async #askSteps(raws: readonly string[]): Promise<ReadonlyMap<string, Steps>> {
    const steps = new Map<string, Steps>()
    const { rest: base } = { ...this.#venue.urls, ...this.#options.urls }
    for (const request of this.#venue.instruments(base, raws)) {
      const text = await this.#answer(request.url, request.weight)
      this.#answers.push({
        type: 'response', connection: `${this.#venue.exchange}.http.1`, url: request.url, data: text, receivedUs: this.#clock.nowUs(),
      })
      for (const raw of raws) {
        const found = this.#read(text, raw)
        if (found) steps.set(raw, found)
      }
    }
    const missing = raws.filter((raw) => !steps.has(raw))
    if (missing.length === 0) return steps
    throw this.#failed(`does not list ${missing.join(', ')}. Correct the symbols, or give their instruments as an option`)
  }

  #read(text: string, raw: string): Steps | undefined {
    try {
      return this.#venue.steps(JSON.parse(text), raw)
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof Unreadable) return undefined
      throw error
    }
  }

  async #answer(url: string, weight: number): Promise<string> {
    const { signal } = new AbortController()
    let [failure, waitMs] = ['', backOffOf(this.#options.backOff).firstMs]
    for (let tries = 0; tries < TRIES; tries++, waitMs *= 2) {
      try {
        return await this.#rest.text({ url, weight }, signal)
      } catch (error) {
        const { message, cause } = error as Error
        failure = cause instanceof Error && cause.message !== '' ? cause.message : message
        if (tries + 1 < TRIES) await this.#clock.wait(waitMs, signal)
      }
    }
    throw this.#failed(`gives no instruments at ${url} (${failure}). Check the network and urls.rest, or give the option instruments`)
  }

  #failed(what: string): TapeloomError {
    return new TapeloomError('live.instruments', `[live ${this.#venue.name}] ${what}.`)
  }

  #describe(raw: string, { contractSize, ...sizes }: Steps): Instrument {
    const listing = this.#venue.decoder().listing(raw)! // rawsOf has checked it
    const of = contractSize ?? listing.contractSize
    return instrument(listing.symbol, {
      venue: this.#venue.name, ...sizes, ...(listing.kind && { kind: listing.kind }), ...(of !== undefined && { contractSize: of }),
    })
  }
}

/** @throws TapeloomError `live.urls`: a socket cannot be made of any text, and would say so only in the middle of a run */
function checkUrls(name: string, urls: LiveOptions['urls'] = {}): void {
  for (const [what, scheme] of [['socket', 'ws'], ['rest', 'http']] as const) {
    const url = urls[what]
    if (url === undefined || (new RegExp(`^${scheme}s?://`).test(url) && URL.canParse(url))) continue
    throw new TapeloomError('live.urls', `[live ${name}] urls.${what} is '${url}'. Give an address such as '${scheme}s://venue.example'.`)
  }
}

/** The venue's names for symbols. @throws TapeloomError `live.symbols`, `symbol.form` */
function rawsOf(venue: LiveVenue, symbols: readonly MarketSymbol[]): readonly string[] {
  const wrong = (what: string) => new TapeloomError('live.symbols', `[live ${venue.name}] ${what}`)
  if (symbols.length === 0) throw wrong("has no symbols. Give a list such as ['BTC/USDT'].")
  const decoder = venue.decoder()
  return symbols.map((symbol, i) => {
    if (symbols.indexOf(symbol) < i) throw wrong(`'${symbol}' is listed twice. List it once.`)
    const raw = venue.raw(parseSymbol(symbol))
    if (raw !== undefined && decoder.listing(raw)?.symbol === symbol) return raw
    throw wrong(`cannot have '${symbol}' here. Give symbols of one of its markets, such as 'BTC/USDT'.`)
  })
}
