import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checksum } from './checksum.ts'

const MAGIC = 0x31534c54 // 'TLS1'
const HEADER = 16
const KEPT = 2

/** A snapshot read back. */
export interface FoundSnapshot {
  readonly sequence: number
  readonly bytes: Uint8Array
}

const nameOf = (sequence: number) => `${String(sequence).padStart(15, '0')}.tls`

/** Keeps a snapshot cut after `sequence`: written beside, then renamed; the newest two stay. */
export function keepSnapshotFile(folder: string, sequence: number, bytes: Uint8Array): void {
  mkdirSync(folder, { recursive: true })
  const file = new Uint8Array(HEADER + bytes.length)
  const view = new DataView(file.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, checksum(bytes), true)
  view.setFloat64(8, bytes.length, true)
  file.set(bytes, HEADER)
  const path = join(folder, nameOf(sequence))
  writeFileSync(`${path}.part`, file)
  renameSync(`${path}.part`, path)
  for (const old of snapshotNames(folder).slice(0, -KEPT)) rmSync(join(folder, old), { force: true })
}

/** The newest snapshot that is whole and was cut at or before `sequence`; undefined when there is none. */
export function newestSnapshotFile(folder: string, sequence: number): FoundSnapshot | undefined {
  for (const name of snapshotNames(folder).toReversed()) {
    const cutAfter = Number.parseInt(name, 10)
    if (cutAfter > sequence) continue
    const bytes = intactBytes(readFileSync(join(folder, name)))
    if (bytes) return { sequence: cutAfter, bytes }
  }
  return undefined
}

function intactBytes(file: Uint8Array): Uint8Array | undefined {
  if (file.length < HEADER) return undefined
  const view = new DataView(file.buffer, file.byteOffset, HEADER)
  const bytes = file.subarray(HEADER)
  const whole = view.getUint32(0, true) === MAGIC && view.getFloat64(8, true) === bytes.length
  return whole && view.getUint32(4, true) === checksum(bytes) ? bytes : undefined
}

const snapshotNames = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{15,}\.tls$/.test(name)).sort() : []
