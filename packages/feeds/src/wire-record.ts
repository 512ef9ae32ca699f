import { readLogRecord } from './bitstamp/bitstamp-log.ts'
import { readBookRecord } from './coinbase/coinbase-book.ts'

/** One line of a capture of a venue's traffic. */
export type WireRecord =
  | { readonly type: 'header'; readonly exchange: string }
  | { readonly type: 'connect'; readonly connection: string; readonly address: string; readonly receivedUs: number }
  | { readonly type: 'message'; readonly connection: string; readonly data: string; readonly receivedUs: number }
  | {
      readonly type: 'response'; readonly connection: string; readonly url: string; readonly data: string
      readonly receivedUs: number
    }
  /** What we sent; nothing to decode. */
  | { readonly type: 'sent'; readonly receivedUs: number }
  /** A frame that is not text. */
  | { readonly type: 'binary'; readonly receivedUs: number }

/**
 * Reads a line such as `{"t":"recv","conn":"…","ts":1617666423.65,"data":"…"}`: a time in seconds and the venue's payload
 * as it came; or one of a venue's own formats that hold one message a line. Undefined when it is none.
 */
export function readWireRecord(line: string): WireRecord | undefined {
  if (line[0] !== '{') return readLogRecord(line)
  const fields = parsed(line)
  const { t, conn, ts, data, addr, url, exchange, b64 } = fields
  if (t === undefined) return readBookRecord(fields, line)
  if (t === 'header') return typeof exchange === 'string' ? { type: 'header', exchange } : undefined
  const receivedUs = typeof ts === 'number' ? Math.round(ts * 1e6) : NaN
  if (!(receivedUs > 0) || !Number.isSafeInteger(receivedUs) || typeof conn !== 'string') return undefined
  const connection = conn
  if (t === 'connect') return { type: 'connect', connection, address: typeof addr === 'string' ? addr : '', receivedUs }
  if (t === 'send') return { type: 'sent', receivedUs }
  if (t === 'recv' && typeof data === 'string') return { type: 'message', connection, data, receivedUs }
  if (t === 'recv' && typeof b64 === 'string') return { type: 'binary', receivedUs }
  if (t === 'http' && typeof url === 'string' && typeof data === 'string') {
    return { type: 'response', connection, url, data, receivedUs }
  }
  return undefined
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(line)
    return typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}
