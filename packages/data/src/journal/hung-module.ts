import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { TapeloomError, type HungModule } from '@tapeloom/core'

/** Where the watchdog notes who never returned. */
export const hungMarker = (folder: string): string => join(folder, 'hung.json')

/**
 * The module whose code never returned in the run before, if any: until a fault that turns it off is in the journal.
 * @throws TapeloomError `module.hung` when it hung on a record of the journal: running it again would not return either
 */
export function foundHung(folder: string, end: number): HungModule | undefined {
  const path = hungMarker(folder)
  if (!existsSync(path)) return undefined
  const hung = readHung(path)
  if (hung && hung.sequence <= end) {
    throw new TapeloomError(
      'module.hung',
      `[module ${hung.module}] never returned from input ${hung.sequence}, which the journal holds (it ends at ${end}). ` +
        `Mend it and remove ${path}, or begin a new store without it.`,
    )
  }
  return hung
}

/** Forgets the marker, once what it said is in the journal. */
export function forgetHung(folder: string): void {
  rmSync(hungMarker(folder), { force: true })
}

/** A marker that was cut off says nothing. */
function readHung(path: string): HungModule | undefined {
  try {
    const { module, sequence } = JSON.parse(readFileSync(path, 'utf8')) as Partial<HungModule>
    return typeof module === 'string' && typeof sequence === 'number' ? { module, sequence } : undefined
  } catch {
    return undefined
  }
}
