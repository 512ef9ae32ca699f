import { relative } from 'node:path'
import { CreateError, createModule } from './create-module.ts'

const usage = `Usage: npm create @tapeloom/module <name>

Makes a folder <name> with a publishable Tapeloom module: its conformance test passes as it is.`

/** Where the program writes. */
interface Streams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** Runs the program; the exit code: 0 did it, 2 bad input. */
export function runCreate(args: readonly string[], { stdout, stderr }: Streams = process): number {
  const [name, more] = args
  if (name === '--help' || name === '-h') {
    stdout.write(`${usage}\n`)
    return 0
  }
  if (name === undefined || more !== undefined || name.startsWith('-')) {
    stderr.write(`${usage}\n`)
    return 2
  }
  try {
    const { folder, package: named, files } = createModule(name)
    stdout.write(`${named} is made of ${files.length} files. Next:\n\n`)
    stdout.write(`  cd ${relative(process.cwd(), folder)}\n  npm install\n  npm test\n`)
    return 0
  } catch (error) {
    if (!(error instanceof CreateError)) throw error
    stderr.write(`${error.message}\n`)
    return 2
  }
}
