import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { workspacePackages } from './workspace.ts'

/** Changesets that name no published package, an unknown bump, or say nothing. */
export function changesets(root: string): string[] {
  const folder = join(root, '.changeset')
  if (!existsSync(folder)) return ['.changeset is missing']
  const published = new Set(workspacePackages(root).filter(({ manifest }) => !manifest.private).map(({ name }) => name))
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .toSorted()
    .flatMap((file) => problems(readFileSync(join(folder, file), 'utf8'), published).map((what) => `.changeset/${file}: ${what}`))
}

function problems(text: string, published: ReadonlySet<string>): string[] {
  const [, head, body] = /^---\n([^]*?)---\n([^]*)$/.exec(text) ?? []
  if (head === undefined || body === undefined) return ['has no front matter']
  const bumps = head.split('\n').filter((line) => line.trim() !== '')
  const found = bumps.flatMap((line) => {
    const [, name, bump] = /^["']([^"']+)["']: *(\w+)$/.exec(line) ?? []
    if (name === undefined || bump === undefined) return [`"${line}" is no bump`]
    return [
      ...(published.has(name) ? [] : [`"${name}" is not published from here`]),
      ...(['major', 'minor', 'patch'].includes(bump) ? [] : [`"${bump}" is neither major, minor nor patch`]),
    ]
  })
  return body.trim() === '' && bumps.length > 0 ? [...found, 'says nothing: the first line is the effect that users see'] : found
}
