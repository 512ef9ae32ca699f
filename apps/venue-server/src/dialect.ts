import type { Instrument } from '@tapeloom/core'
import type { TapeRecord } from './tape.ts'

/** A client, as a dialect sees it. */
export interface Client {
  /** What it gets; `''` is meant for all. */
  readonly topics: Set<string>
  send(text: string): void
  /** A message was left out that it would have got. */
  skip(): void
}

/** Moves a time of the capture to that of its playing. */
export type Retime = (us: number) => number

/** What a dialect is made of. */
export interface DialectParts {
  readonly tape: readonly TapeRecord[]
  /** By the venue's symbol. */
  readonly instruments: ReadonlyMap<string, Instrument>
  readonly retime: Retime
}

/** Speaks as one venue: what belongs to which subscription, what is answered, what a book is now. */
export interface Dialect {
  /** Begins the tape anew. */
  reset(): void
  /** The tape moves over a record, whoever listens. */
  follow(record: TapeRecord): void
  /** The subscription that a message belongs to; `''`: everybody gets it. */
  topicOf(record: TapeRecord): string
  /** A message with its times moved. */
  retimed(text: string): string
  /** A client came. */
  connected(client: Client, url: URL): void
  /** A client said something. */
  said(client: Client, text: string): void
  /** The answer to a request; undefined: there is none. */
  answer(url: URL): string | undefined
}

/** A dialect by the exchange in the capture's header. */
export type MakeDialect = (parts: DialectParts) => Dialect

/** The answer that the capture holds for a request of the same path and query. */
export const recordedAnswer = (tape: readonly TapeRecord[], { pathname, search }: URL): string | undefined =>
  tape.find(({ kind, url }) => kind === 'response' && url.endsWith(`${pathname}${search}`))?.text

/** Decimal digits of a step. */
export function digitsOf({ k, scale }: Instrument['tick']): string {
  const places = String(scale).length - 1
  const digits = String(k).padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}
