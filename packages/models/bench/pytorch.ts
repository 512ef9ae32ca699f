import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** CPU milliseconds of one step of a network of `pytorch_steps.py`, or of its matrix product. */
export interface PyTorch {
  readonly version: string
  round(name: string): Promise<number>
  close(): void
}

/** PyTorch of `TAPELOOM_PYTHON`, else of python3; undefined where it has none. */
export async function openPyTorch(): Promise<PyTorch | undefined> {
  const python = process.env['TAPELOOM_PYTHON'] ?? 'python3'
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const child = spawn(python, [fileURLToPath(new URL('pytorch_steps.py', import.meta.url))], { stdio: ['pipe', 'pipe', 'ignore'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (name: string) => {
    child.stdin.write(`${name}\n`)
    return JSON.parse(String((await lines.next()).value)) as { cpuMs: number; torch: string }
  }
  const { torch } = await ask('mlp200')
  return { version: torch, round: async (name) => (await ask(name)).cpuMs, close: () => void child.stdin.end() }
}
