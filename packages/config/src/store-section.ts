import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { TapeloomError, type Store } from '@tapeloom/core'
import { lifetimes, memoryStore, type Retention } from '@tapeloom/data'
import { nodeAt, type ConfigNode } from './config-node.ts'
import type { StoreShape } from './config-schema.ts'
import { ownPackage, type Surroundings } from './data-section.ts'
import { redacted } from './variables.ts'

/**
 * Makes the store of a configuration: nothing is opened yet.
 * @param instead `memory`, or a path relative to the working folder, in place of the configured one; what else is said of the store holds
 */
export async function storeOf(
  root: ConfigNode, shape: StoreShape | undefined, instead: string | undefined, around: Surroundings,
): Promise<Store | undefined> {
  const { path: said, memoryLimit, retention: kept } = typeof shape === 'string' ? { path: shape } : (shape ?? {})
  const node = nodeAt(root, ['data', 'store'])
  const at = nodeAt(node, ['path']) ?? node
  const retention = kept && retentionOf(kept as Retention, nodeAt(node, ['retention']), around)
  if (memoryLimit !== undefined && (said ?? 'memory') === 'memory') {
    const what = "'memoryLimit' is of a DuckDB file, and this store is in memory. Give a path, or leave it out."
    around.mistakes.add('store.memory-limit', nodeAt(node, ['memoryLimit']), what)
  }
  const path = instead ?? said ?? 'memory'
  if (path === 'memory') return memoryStore({ ...(retention && { retention }) })
  const full = resolve(instead === undefined ? around.folder : process.cwd(), path)
  if (!existsSync(dirname(full))) {
    const what = `the folder of '${path}' does not exist. Make it, or choose another path.`
    around.mistakes.add('store.directory', at, redacted(what, at))
  }
  const duckdb = await ownPackage('@tapeloom/store-duckdb', at, around)
  const options = { ...(memoryLimit !== undefined && { memoryLimit }), ...(retention && { retention }) }
  return duckdb && (duckdb['duckdbStore'] as (file: string, options: object) => Store)(full, options)
}

/** The retention, when each of its tables has one. */
function retentionOf(retention: Retention, node: ConfigNode | undefined, { mistakes }: Surroundings): Retention | undefined {
  const wrong = Object.entries(retention.keep).filter(([table, duration]) => {
    try {
      lifetimes({ keep: { [table]: duration } }, [])
      return false
    } catch (error) {
      if (!(error instanceof TapeloomError)) throw error
      mistakes.add(error.code, nodeAt(node, ['keep', table]), error.message.replace(/^\[([^\]]+)\] /, '$1: '))
      return true
    }
  })
  return wrong.length > 0 ? undefined : retention
}
