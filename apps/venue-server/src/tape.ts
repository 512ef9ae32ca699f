import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** What a venue once said: on a socket, or in answer to a request. */
export interface TapeRecord {
  /** When it was received, µs. */
  readonly atUs: number
  readonly kind: 'message' | 'response'
  readonly text: string
  /** Of a response. */
  readonly url: string
}

/** The records of a capture, in order: recorded traffic (JSON lines), or lines `<receive time, ns> <JSON>`. */
export function readTape(file: string): readonly TapeRecord[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  const lines = text.split('\n').filter((line) => line !== '')
  const read = lines[0]?.startsWith('{') === true ? trafficRecord : textRecord
  return lines.flatMap((line) => read(line) ?? [])
}

function trafficRecord(line: string): TapeRecord | undefined {
  const { t, ts, data, url = '' } = JSON.parse(line) as { t: string; ts: number; data?: string; url?: string }
  if ((t !== 'recv' && t !== 'http') || data === undefined) return undefined
  return { atUs: Math.round(ts * 1e6), kind: t === 'recv' ? 'message' : 'response', text: data, url }
}

function textRecord(line: string): TapeRecord {
  const cut = line.indexOf(' ')
  const text = line.slice(cut + 1)
  return { atUs: Number(line.slice(0, cut - 3)), kind: text.startsWith('{"lastUpdateId"') ? 'response' : 'message', text, url: '' }
}
