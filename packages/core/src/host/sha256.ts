import { createRequire } from 'node:module'
import type { Hash } from 'node:crypto'

let crypto: typeof import('node:crypto') | undefined

/** A sha256 to update. Node's cryptography is loaded with the first: it costs a fifth of what Node takes to start. */
export const sha256 = (): Hash => (crypto ??= createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto')).createHash('sha256')
