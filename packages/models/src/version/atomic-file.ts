import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TapeloomError } from '@tapeloom/core'

/**
 * Writes a file so that `path` holds either the old bytes or the new ones, whole: a temporary file beside it, fsync,
 * rename, fsync of the directory.
 * @throws TapeloomError `models.disk` with the file system's reason; the old file is untouched, the temporary one removed
 */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new TapeloomError(
      'models.disk',
      `[models ${path}] cannot be written: ${(cause as Error).message}. Free space or check the path; what was there is whole.`,
      { cause },
    )
  }
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
