import type { WireRecord } from '../wire-record.ts'

/** What passes on a connection; binary frames carry their bytes. */
export type LiveRecord =
  | Exclude<WireRecord, { type: 'header' | 'sent' | 'binary' }>
  | { readonly type: 'sent'; readonly connection: string; readonly address: string; readonly data: string; readonly receivedUs: number }
  | { readonly type: 'binary'; readonly connection: string; readonly bytes: Uint8Array; readonly receivedUs: number }

/** The first line of a capture. */
export const captureHeader = (exchange: string, config: Readonly<Record<string, readonly string[]>>, recordedUs: number): string =>
  JSON.stringify({ t: 'header', format: 2, exchange, config, recorded: recordedUs / 1e6 })

/** A record as a line of a capture; texts stay as they came. */
export function captureLine(record: LiveRecord): string {
  const { type, connection: conn, receivedUs } = record
  const ts = receivedUs / 1e6
  if (type === 'connect') return JSON.stringify({ t: 'connect', conn, ts, addr: record.address })
  if (type === 'sent') return JSON.stringify({ t: 'send', conn, ts, addr: record.address, data: record.data })
  if (type === 'response') return JSON.stringify({ t: 'http', conn, ts, url: record.url, data: record.data })
  if (type === 'message') return JSON.stringify({ t: 'recv', conn, ts, data: record.data })
  return JSON.stringify({ t: 'recv', conn, ts, b64: Buffer.from(record.bytes).toString('base64') })
}
