import { createRequire } from 'node:module'
import type { Hash } from 'node:crypto'

let create: ((name: string) => Hash) | undefined

/** A sha256 to update. Node's cryptography is loaded with the first: it costs a fifth of what Node takes to start. */
export function sha256(): Hash {
  create ??= (createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto')).createHash
  return create('sha256')
}
