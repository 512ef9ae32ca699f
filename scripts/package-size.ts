import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { transformSync } from 'esbuild'
import { importsOf } from './imports.ts'
import { workspacePackages } from './workspace.ts'

/** Most that the main entry of a package may weigh, in bytes, minified and after brotli. */
const budgets: readonly { readonly folder: RegExp; readonly bytes: number }[] = [
  { folder: /^packages\/core$/, bytes: 21_500 },
  { folder: /^(packages\/module-[^/]+|apps\/publish-a-module)$/, bytes: 6_000 },
]

/** Built packages that are over their budget; a package that was not built is a finding. */
export function packageSize(root: string): string[] {
  return workspacePackages(root).flatMap(({ folder }) => {
    const budget = budgets.find((each) => each.folder.test(folder))?.bytes
    if (budget === undefined) return []
    if (!existsSync(posix.join(root, folder, 'dist/index.js'))) return [`${folder}: dist/index.js is missing, the build failed`]
    const bytes = brotliBytes(root, `${folder}/dist/index.js`)
    return bytes > budget ? [`${folder}: ${bytes} bytes minified and after brotli, ${budget} is the budget`] : []
  })
}

/** Weight of a built entry with every chunk it loads at start, in bytes, minified and after brotli. */
export function brotliBytes(root: string, entry: string): number {
  const files = new Map<string, string>()
  const add = (path: string): void => {
    if (files.has(path)) return
    const text = readFileSync(posix.join(root, path), 'utf8')
    files.set(path, text)
    for (const { specifier, kind } of importsOf(path, text))
      if (kind === 'value' && specifier.startsWith('.')) add(posix.join(posix.dirname(path), specifier))
  }
  add(entry)
  const code = [...files.values()].map((text) => transformSync(text, { minify: true, format: 'esm', target: 'node22' }).code)
  return brotliCompressSync(code.join('\n')).length
}
