import { createHash, randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decodePlain, encodePlain, TapeloomError, type Plain } from '@tapeloom/core'

/** A trainer's snapshot and what its owner wants to keep with it, such as the training position. */
export interface Checkpoint {
  readonly metadata: { readonly [key: string]: Plain }
  readonly state: Plain
}

const MAGIC = new TextEncoder().encode('TLCP1\n')
const DIGEST_BYTES = 32

/**
 * Writes a checkpoint so that `path` holds either the old one or the new one, whole: a temporary file beside it, fsync,
 * rename, fsync of the directory. Layout: `TLCP1\n`, sha256 of the rest, the data as `encodePlain` makes it.
 * @throws the file system's error; the temporary file is removed
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const data = encodePlain({ metadata: checkpoint.metadata, state: checkpoint.state })
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(Buffer.concat([MAGIC, createHash('sha256').update(data).digest(), data]))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/** Makes the rename itself durable; Windows cannot open a directory and needs no such step. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/**
 * Reads a checkpoint back.
 * @throws TapeloomError `models.checkpoint` when it is not one, or damaged
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = Uint8Array.from(await readFile(path)) // a plain array: slices of a Buffer are not copies
  const fail = (what: string) =>
    new TapeloomError('models.checkpoint', `[models ${path}] ${what}. Use an older checkpoint or start afresh.`)
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) throw fail('this is no checkpoint')
  const data = bytes.subarray(MAGIC.length + DIGEST_BYTES)
  const digest = bytes.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES)
  if (!createHash('sha256').update(data).digest().equals(digest))
    throw fail('the checkpoint is damaged: its digest does not match')
  return decodePlain(data) as unknown as Checkpoint
}
