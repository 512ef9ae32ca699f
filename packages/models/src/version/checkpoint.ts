import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { decodePlain, encodePlain, TapeloomError, type Plain } from '@tapeloom/core'
import { writeAtomically } from './atomic-file.ts'

/** A trainer's snapshot and what its owner wants to keep with it, such as the training position. */
export interface Checkpoint {
  readonly metadata: { readonly [key: string]: Plain }
  readonly state: Plain
}

const MAGIC = new TextEncoder().encode('TLCP1\n')
const DIGEST_BYTES = 32

/**
 * Writes a checkpoint so that `path` holds either the old one or the new one, whole. Layout: `TLCP1\n`, sha256 of the
 * rest, the data as `encodePlain` makes it.
 * @throws TapeloomError `models.disk` with the file system's reason; the old checkpoint is untouched
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const data = encodePlain({ metadata: checkpoint.metadata, state: checkpoint.state })
  await writeAtomically(path, Buffer.concat([MAGIC, createHash('sha256').update(data).digest(), data]))
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
