import { webcrypto } from 'node:crypto'
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

/** Made beside the calling thread: a large model's would hold events up. */
const digestOf = async (data: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await webcrypto.subtle.digest('SHA-256', data as Uint8Array<ArrayBuffer>))

/**
 * Writes a checkpoint so that `path` holds either the old one or the new one, whole. Layout: `TLCP1\n`, sha256 of the
 * rest, the data as `encodePlain` makes it.
 * @throws TapeloomError `models.disk` with the file system's reason; the old checkpoint is untouched
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const data = encodePlain({ metadata: checkpoint.metadata, state: checkpoint.state })
  await writeAtomically(path, Buffer.concat([MAGIC, await digestOf(data), data]))
}

/**
 * Reads a checkpoint back.
 * @throws TapeloomError `models.checkpoint` when it is missing, not one, or damaged
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const fail = (what: string, cause?: unknown) =>
    new TapeloomError('models.checkpoint', `[models ${path}] ${what}. Use an older checkpoint or start afresh.`, { cause })
  const file = await readFile(path).catch((cause: unknown) => {
    throw fail(`cannot be read: ${(cause as Error).message}`, cause)
  })
  const bytes = new Uint8Array(file) // a plain array: slices of a Buffer are not copies
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) throw fail('this is no checkpoint')
  const data = bytes.subarray(MAGIC.length + DIGEST_BYTES)
  const digest = bytes.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES)
  if (!Buffer.from(digest).equals(await digestOf(data)))
    throw fail('the checkpoint is damaged: its digest does not match')
  return decodePlain(data) as unknown as Checkpoint
}
