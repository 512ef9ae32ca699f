import type { Lane, Network, Shape } from '../module/network.ts'
import type { PlannedModule } from './module-plan.ts'
import { sha256 } from './sha256.ts'

/** Where the columns of all modules stand in a row. Immutable: another set of columns is another layout. */
export interface ColumnLayout {
  readonly layoutId: string
  /** `<module id>.<column>`, in row order. */
  readonly names: readonly string[]
  /** `<name>#<rev>@<hash>`: the hash covers the options that affect it and the columns it is made from. */
  readonly ids: readonly string[]
  /** First index of each module's slice. */
  readonly offsets: ReadonlyMap<string, number>
  readonly width: number
}

/** The layout of a plan. */
export function layoutOf(plan: readonly PlannedModule[]): ColumnLayout {
  const [names, ids]: [string[], string[]] = [[], []]
  const [offsets, revisions] = [new Map<string, number>(), new Map<string, string>()]
  for (const entry of plan) {
    offsets.set(entry.id, names.length)
    const upstream = Object.entries(entry.definition.requires ?? {}).flatMap(([key, needed]) => {
      const provider = entry.providers.get(key)
      return needed.features.map((name) => revisions.get(`${provider}.${name}`) ?? 'missing')
    })
    const hash = shortHash([affecting(entry), upstream], 8)
    for (const { name, spec } of entry.columns) {
      const id = `${entry.id}.${name}#${spec.rev}@${hash}`
      names.push(`${entry.id}.${name}`)
      ids.push(id)
      revisions.set(`${entry.id}.${name}`, id)
    }
  }
  return Object.freeze({ layoutId: shortHash(ids, 12), names, ids, offsets, width: names.length })
}

/** The resolved options that change feature values. */
function affecting(entry: PlannedModule): readonly (readonly [string, unknown])[] {
  const declared = entry.definition.options ?? {}
  return Object.keys(declared).filter((key) => declared[key]?.affects !== 'none').sort().map((key) => [key, entry.options[key]])
}

/** Revision of the code that turns rows and windows into tensors: models trained under another must not be served. */
const ENCODER = 'TLE1'

/** Hash of everything that decides what a model is fed: its columns with revisions, lanes, encoder, shapes, targets. */
export function schemaHashOf(network: Network, inputs: readonly (readonly string[] | Lane | 'position')[]): string {
  const shapes = Object.entries(network.inputs as Record<string, Shape>)
  return shortHash([ENCODER, shapes, network.outputs, network.targets, inputs], 16)
}

export const shortHash = (value: unknown, digits: number): string => sha256().update(JSON.stringify(value)).digest('hex').slice(0, digits)
