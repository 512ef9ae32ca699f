import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A throw-away repository with the given files (objects become JSON): a place to plant violations for a gate to find. */
export function planted(files: Readonly<Record<string, string | object>>): { readonly root: string } & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'tapeloom-planted-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}
