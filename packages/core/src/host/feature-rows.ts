import type { TaintReason } from '../vocabulary/candle.ts'
import type { ColumnLayout } from './column-layout.ts'
import type { PlannedModule } from './module-plan.ts'

/** One Float64Array a symbol; modules write their slice of it through accessors, readers see it as it is now. */
export class FeatureRows {
  declare readonly layout: ColumnLayout
  declare readonly rows: readonly Float64Array[]
  /** The rows as last frozen, and when (µs; NaN: never). */
  declare readonly frozen: readonly Float64Array[]
  declare readonly frozenAt: Float64Array
  /** Doubts about each frozen row. */
  readonly taints: (readonly TaintReason[])[] = []

  constructor(layout: ColumnLayout, symbols: number, earlier?: FeatureRows) {
    this.layout = layout
    const rowsOf = (from?: readonly Float64Array[]) => Array.from({ length: symbols }, (_, i) => rearranged(layout, earlier?.layout, from?.[i]))
    this.rows = rowsOf(earlier?.rows)
    this.frozen = rowsOf(earlier?.frozen)
    this.frozenAt = earlier?.frozenAt ?? new Float64Array(symbols).fill(NaN)
  }

  /** The writable slice of a module: a property a feature; a list of numbers is a subarray. */
  slots(entry: PlannedModule, symbol: number): object {
    const row = this.rows[symbol] as Float64Array
    const offset = this.layout.offsets.get(entry.id) ?? 0
    const Slots = accessors(entry, offset)
    const lists: Record<string, Float64Array> = {}
    for (const [feature, { size }] of Object.entries(entry.definition.features ?? {})) {
      if (size === undefined) continue
      const at = offset + entry.columns.findIndex((column) => column.feature === feature)
      lists[feature] = row.subarray(at, at + size)
    }
    return Object.freeze(Object.assign(new Slots(row), lists))
  }

  /** The readers of a module's needs: NaN where the column or its module is missing. */
  readers(entry: PlannedModule, symbol: number): object {
    const row = this.rows[symbol] as Float64Array
    const readers: Record<string, object> = {}
    for (const [key, needed] of Object.entries(entry.definition.requires ?? {})) {
      const provider = entry.providers.get(key)
      const reader = {}
      for (const name of needed.features) {
        const index = provider === undefined ? -1 : this.layout.names.indexOf(`${provider}.${name}`)
        Object.defineProperty(reader, name, { enumerable: true, get: index < 0 ? () => NaN : () => row[index] as number })
      }
      readers[key] = Object.freeze(reader)
    }
    return Object.freeze(readers)
  }

  /** Makes a module's slice missing. */
  clear(entry: PlannedModule, symbol: number): void {
    const offset = this.layout.offsets.get(entry.id) ?? 0
    this.rows[symbol]?.fill(NaN, offset, offset + entry.columns.length)
  }

  /** The first column of a module that is infinite or out of its range, or undefined; NaN is missing and allowed. */
  violation(entry: PlannedModule, symbol: number): string | undefined {
    const row = this.rows[symbol] as Float64Array
    const offset = this.layout.offsets.get(entry.id) ?? 0
    for (let i = 0; i < entry.columns.length; i++) {
      const { name, spec } = entry.columns[i] as (typeof entry.columns)[number]
      const value = row[offset + i] as number
      if (value < spec.range[0] || value > spec.range[1] || Math.abs(value) === Infinity) return `${name} = ${value}, range [${spec.range[0]}, ${spec.range[1]}]`
    }
    return undefined
  }
}

/** A row of the new layout with the values of the columns that both have; NaN elsewhere. */
function rearranged(layout: ColumnLayout, earlier: ColumnLayout | undefined, row: Float64Array | undefined): Float64Array {
  const next = new Float64Array(layout.width).fill(NaN)
  if (!earlier || !row) return next
  layout.ids.forEach((id, i) => {
    const from = earlier.ids.indexOf(id)
    if (from >= 0) next[i] = row[from] as number
  })
  return next
}

type Slots = new (row: Float64Array) => object
const made = new WeakMap<PlannedModule, Map<number, Slots>>()

/** A class with a getter and setter a feature at a constant index: V8 then writes straight into the row. */
function accessors(entry: PlannedModule, offset: number): Slots {
  const known = made.get(entry)?.get(offset)
  if (known) return known
  const indices = entry.columns.flatMap(({ name, spec }, i) => (spec.size === undefined ? [[name, offset + i] as const] : []))
  const Class = compiled(indices) ?? looked(indices)
  made.set(entry, (made.get(entry) ?? new Map<number, Slots>()).set(offset, Class))
  return Class
}

/** Names come from a declared object and are quoted as JSON. Where code generation is forbidden: undefined. */
function compiled(indices: readonly (readonly [string, number])[]): Slots | undefined {
  const members = indices.map(([name, i]) => `get ${JSON.stringify(name)}() { return this._[${i}] } set ${JSON.stringify(name)}(v) { this._[${i}] = v }`)
  const body = `return class Features { constructor(row) { Object.defineProperty(this, '_', { value: row }) } ${members.join(' ')} }`
  try {
    return new Function(body)() as Slots
  } catch {
    return undefined
  }
}

function looked(indices: readonly (readonly [string, number])[]): Slots {
  class Features {
    constructor(row: Float64Array) {
      for (const [name, i] of indices) {
        Object.defineProperty(this, name, { get: () => row[i], set: (value: number) => void (row[i] = value) })
      }
    }
  }
  return Features
}
