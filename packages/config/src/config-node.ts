import type { TapeloomError } from '@tapeloom/core'

/** Where something stands in a text, from 1. */
export type Position = NonNullable<TapeloomError['position']>

/** A value of a configuration that knows where it was written; without a text, by what path it is reached. */
export type ConfigNode = MapNode | ListNode | ScalarNode
interface Placed {
  readonly position: Position | undefined
  /** `orchestrator.modules[0]`; `''` for the whole. */
  readonly path: string
}
export interface MapNode extends Placed {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, MapEntry>
}
export interface MapEntry {
  /** Of the key. */
  readonly position: Position | undefined
  readonly node: ConfigNode
}
export interface ListNode extends Placed {
  readonly kind: 'list'
  readonly items: readonly ConfigNode[]
}
export interface ScalarNode extends Placed {
  readonly kind: 'scalar'
  readonly value: unknown
  /** As it was written, with `${…}`: what messages quote. */
  readonly written: unknown
}

export const childPath = (path: string, key: string | number): string =>
  typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`

/** The plain value; keys without a value count as absent. */
export function toValue(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toValue)
  const present = [...node.entries].filter(([, { node: child }]) => child.kind !== 'scalar' || child.value !== null)
  return Object.fromEntries(present.map(([key, { node: child }]) => [key, toValue(child)]))
}

/** The node at a path, or undefined. */
export function nodeAt(node: ConfigNode | undefined, path: readonly PropertyKey[]): ConfigNode | undefined {
  let at = node
  for (const key of path) {
    if (at?.kind === 'map') at = at.entries.get(String(key))?.node
    else at = at?.kind === 'list' ? at.items[Number(key)] : undefined
  }
  return at
}

/** `base` with what `overlay` says: maps are merged, lists and values replaced. */
export function overlaid(base: ConfigNode, overlay: ConfigNode): ConfigNode {
  if (base.kind !== 'map' || overlay.kind !== 'map') return overlay
  const entries = new Map(base.entries)
  for (const [key, entry] of overlay.entries) {
    const below = entries.get(key)
    entries.set(key, below ? { position: entry.position, node: overlaid(below.node, entry.node) } : entry)
  }
  return { ...base, entries }
}

/** How a message quotes a node. */
export function quoted(node: ConfigNode | undefined): string {
  if (!node) return 'missing'
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a mapping' : 'a list'
  return typeof node.written === 'string' ? `'${node.written}'` : String(node.written)
}
