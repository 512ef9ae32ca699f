import { spawn, type StdioOptions } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How a program ended and what it said, standard output and error in the order they came. */
export interface Run {
  readonly code: number
  readonly output: string
}

/** Runs a program and waits; ends it when this process is ended. */
export function run(command: string, parameters: readonly string[], cwd: string, stdio: StdioOptions = 'pipe'): Promise<Run> {
  return new Promise((resolve, reject) => {
    const shell = process.platform === 'win32' && !command.endsWith('.exe')
    const child = spawn(command, [...parameters], { cwd, stdio, shell, env: { ...process.env, FORCE_COLOR: '0' } })
    const end = (signal: NodeJS.Signals) => {
      child.kill(signal)
      process.exit(1)
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
    let output = ''
    child.stdout?.on('data', (text) => (output += String(text)))
    child.stderr?.on('data', (text) => (output += String(text)))
    child.on('error', reject)
    child.on('close', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end)
      resolve({ code: code ?? 1, output })
    })
  })
}

/** Path of a program that a package of the root's dependencies brings. */
export function programPath(root: string, packageName: string, program: string): string {
  const folder = join(root, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: string | Record<string, string> }
  const path = typeof bin === 'string' ? bin : bin[program]
  if (path === undefined) throw new Error(`[tool] ${packageName} has no program "${program}". Run the install again.`)
  return join(folder, path)
}

/** Runs a program of a dependency on this Node; its output is the finding when it fails. */
export async function tool(root: string, packageName: string, program: string, parameters: readonly string[]) {
  const { code, output } = await run(process.execPath, [programPath(root, packageName, program), ...parameters], root)
  return { findings: code === 0 ? [] : [output.trim() || `${program} ended with code ${code}`] }
}

/** Runs a pnpm command with the version of the manifest, which turbo looks for on the path. */
export async function pnpm(root: string, parameters: readonly string[]) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageManager: string }
  const { code, output } = await run('npx', ['-y', packageManager, ...parameters], root)
  return { findings: code === 0 ? [] : [output.trim() || `pnpm ended with code ${code}`] }
}
