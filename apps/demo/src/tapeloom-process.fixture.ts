import { spawn, type ChildProcess } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')
const main = join(root, 'packages/cli/src/main.ts')

/** How a command ended: its code, or null when it was killed. */
export interface Ending {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the program as a user does, in a process of its own; `watch` is given the process while it runs. */
export function tapeloom(args: readonly string[], watch: (child: ChildProcess) => void = () => {}): Promise<Ending> {
  const child = spawn(process.execPath, ['--conditions=@tapeloom/source', main, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (err += text))
  watch(child)
  return new Promise((done, failed) => child.on('error', failed).on('close', (code) => done({ code, out, err })))
}

/** What a command that must succeed says with --json. */
export async function told<T>(args: readonly string[]): Promise<T> {
  const { code, out, err } = await tapeloom(args.includes('--json') ? args : [...args, '--json'])
  if (code !== 0) throw new Error(`tapeloom ${args.join(' ')} ended with ${code}: ${err}`)
  return JSON.parse(out) as T
}
