import { relative } from 'node:path'
import { TapeloomError } from '@tapeloom/core'
import { CreateError, createModule, type CreatedModule } from '@tapeloom/create-module'
import { defineCommand } from '../command.ts'

/** Makes a publishable module in a new folder of the working folder. */
export const newModule = defineCommand({
  options: {},
  positionals: [1, 1],
  async run({ positionals: [name = ''], terminal }) {
    const made = created(name)
    const folder = relative(process.cwd(), made.folder)
    terminal.print(`${terminal.styled('bold', made.package)} is made of ${made.files.length} files. Next:`)
    for (const step of [`cd ${folder}`, 'npm install', 'npm test']) terminal.print(`  ${step}`)
    terminal.json({ folder: made.folder, package: made.package, files: made.files })
    return 0
  },
})

function created(name: string): CreatedModule {
  try {
    return createModule(name)
  } catch (error) {
    if (!(error instanceof CreateError)) throw error
    throw new TapeloomError('cli.new', error.message, { cause: error })
  }
}
