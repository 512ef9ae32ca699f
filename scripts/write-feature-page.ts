// Writes docs/features.md from the definitions of all modules.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { featurePage } from './feature-page.ts'

const root = resolve(import.meta.dirname, '..')
writeFileSync(join(root, 'docs/features.md'), await featurePage(root))
