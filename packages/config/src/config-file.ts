import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { suggestion } from '@tapeloom/core'
import { overlaid, type ConfigNode, type MapNode } from './config-node.ts'
import { checkShape } from './shape-errors.ts'
import type { ConfigShape } from './config-schema.ts'
import { configOf, parseConfig } from './config-text.ts'
import { Mistakes } from './mistakes.ts'
import type { Variables } from './variables.ts'

/** A configuration: path of a YAML or JSON file, or the same as an object. */
export type Config = string | Readonly<Record<string, unknown>>

/** A configuration as it was read. */
export interface ReadConfig {
  readonly mistakes: Mistakes
  /** Relative paths and packages are looked up from here. */
  readonly folder: string
  /** With the overlay; undefined when the text is broken. */
  readonly root: ConfigNode | undefined
  /** Undefined when its shape is wrong. */
  readonly shape: ConfigShape | undefined
}

/** Reads a configuration with one of its overlays; every overlay is checked. */
export function readConfig(config: Config, environment: string | undefined, variables: Variables): ReadConfig {
  const isFile = typeof config === 'string'
  const mistakes = new Mistakes(isFile ? config : '')
  const folder = isFile ? dirname(resolve(config)) : process.cwd()
  const root = isFile ? readText(config, variables, mistakes) : configOf(config, variables, mistakes)
  if (!root) return { mistakes, folder, root: undefined, shape: undefined }
  const overlays = overlaysOf(root)
  if (environment === undefined) for (const overlay of overlays.values()) checkShape(overlaid(root, overlay), mistakes)
  const chosen = environment === undefined ? undefined : overlays.get(environment)
  if (environment !== undefined && !chosen) {
    const names = [...overlays.keys()]
    const known = suggestion(environment, names) || (names.length > 0 ? ` It has: ${names.join(', ')}.` : ' It has none.')
    mistakes.add('config.environment', environmentsOf(root), `has no environment '${environment}'.${known}`)
  }
  const merged = chosen ? overlaid(root, chosen) : root
  return { mistakes, folder, root: merged, shape: checkShape(merged, mistakes) }
}

function readText(file: string, variables: Variables, mistakes: Mistakes): ConfigNode | undefined {
  try {
    return parseConfig(readFileSync(file, 'utf8'), variables, mistakes)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error
    const known: Readonly<Record<string, string>> = { ENOENT: 'does not exist', ENOTDIR: 'does not exist', EISDIR: 'is a folder', EACCES: 'may not be read' }
    const what = known[code] ?? `cannot be read (${code})`
    mistakes.add('config.file', undefined, `this file ${what}. Check the path.`, error)
    return undefined
  }
}

const environmentsOf = (root: ConfigNode) => (root.kind === 'map' ? root.entries.get('environments')?.node : undefined)

function overlaysOf(root: ConfigNode): ReadonlyMap<string, MapNode> {
  const environments = environmentsOf(root)
  if (environments?.kind !== 'map') return new Map()
  return new Map([...environments.entries].flatMap(([name, { node }]) => (node.kind === 'map' ? [[name, node] as const] : [])))
}
