import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CreateError } from './create-error.ts'
import { moduleNames } from './module-names.ts'
import { templateFiles } from './template-files.ts'

export { CreateError }

/** What was made. */
export interface CreatedModule {
  readonly folder: string
  /** Its name on npm. */
  readonly package: string
  /** Paths in the folder. */
  readonly files: readonly string[]
}

/**
 * Makes a package of seven files in a new folder `name`: a module that works, its conformance test, and what it takes to
 * publish it.
 * @param within the folder that gets the new one; the working folder unless given
 * @throws CreateError `create.name`, `create.folder`
 */
export function createModule(name: string, within: string = process.cwd()): CreatedModule {
  const names = moduleNames(name)
  const folder = resolve(within, names.module)
  try {
    mkdirSync(folder) // fails on what is there already, whatever it is
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const what = code === 'EEXIST' ? 'exists already' : `cannot be made (${message})`
    throw new CreateError('create.folder', `[create-module] ${folder} ${what}. Choose another name, or another working folder.`, { cause })
  }
  const files = Object.entries(templateFiles(names))
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return { folder, package: names.package, files: files.map(([path]) => path) }
}
