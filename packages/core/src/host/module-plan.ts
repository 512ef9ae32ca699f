import pkg from '@tapeloom/core/package.json' with { type: 'json' }
import { joinErrors, suggestion, TapeloomError } from '../error.ts'
import { definitionOf, type AnyDefinition, type Module, type Usable, type Use, type Warmup } from '../module/define.ts'
import { columnsOf, type Column } from '../module/feature.ts'
import type { Need } from '../module/need.ts'
import { resolveOptions } from '../module/option.ts'
import { timeframeUs, type Timeframe } from '../vocabulary/duration.ts'
import { inRange } from './version-range.ts'

/** One module of a plan, ready to be started. */
export interface PlannedModule {
  readonly id: string
  readonly definition: AnyDefinition
  readonly options: Readonly<Record<string, unknown>>
  readonly enabled: boolean
  readonly columns: readonly Column[]
  /** The closes it hears. */
  readonly timeframes: readonly Timeframe[]
  /** For each need that is met: the provider's id. */
  readonly providers: ReadonlyMap<string, string>
}

/**
 * Orders modules so that each comes after those it reads; declared order breaks ties. Runs nothing of them.
 * @throws TapeloomError with every error at once: `module.duplicate module.core module.missing module.version
 * module.column module.cycle option.unknown option.value`
 */
export function planModules(usables: readonly Usable[]): readonly PlannedModule[] {
  const uses = usables.map(toUse)
  const errors: TapeloomError[] = []
  const planned = uses.map((entry) => planOne(entry, uses, errors))
  const ids = new Set<string>()
  for (const { id } of planned) {
    if (ids.has(id)) errors.push(new TapeloomError('module.duplicate', `[module ${id}] stands in the list twice. Give one an id of its own: use(module, options, { id: '${id}-2' }).`))
    ids.add(id)
  }
  const order = sortByNeeds(planned, errors)
  if (errors.length > 0) throw joinErrors('module.plan', errors)
  return order
}

const toUse = (usable: Usable): Use => ('use' in usable ? usable : { use: usable, id: usable.name, options: {}, enabled: true })

/** The module that answers a need: the one with that id, else the first with that name. */
function providerOf(needed: Need, uses: readonly Use[]): Use | undefined {
  return uses.find(({ id, use }) => id === needed.module && use.name === needed.module) ?? uses.find(({ use }) => use.name === needed.module)
}

function planOne(entry: Use, uses: readonly Use[], errors: TapeloomError[]): PlannedModule {
  const definition = definitionOf(entry.use)
  const where = `module ${entry.id}`
  if (!inRange(pkg.version, definition.core)) {
    errors.push(new TapeloomError('module.core', `[${where}] is made for @tapeloom/core ${definition.core}, found ${pkg.version}. Install a ${entry.use.name} for this core.`))
  }
  const { values, errors: optionErrors } = resolveOptions(where, definition.options ?? {}, entry.options)
  errors.push(...optionErrors)
  const providers = new Map<string, string>()
  for (const [key, needed] of Object.entries(definition.requires ?? {})) {
    const provider = providerOf(needed, uses)
    const error = provider ? checkProvider(where, needed, provider.use) : missing(where, needed, uses)
    if (error) errors.push(error)
    if (provider) providers.set(key, provider.id)
  }
  const timeframes = optionErrors.length > 0 ? [] : timeframesOf(definition, values)
  const columns = columnsOf(definition.features ?? {})
  return { id: entry.id, definition, options: values, enabled: entry.enabled, columns, timeframes, providers }
}

function timeframesOf(definition: AnyDefinition, options: Readonly<Record<string, unknown>>): readonly Timeframe[] {
  const { candles = [] } = definition
  return typeof candles === 'function' ? candles(options as never) : candles
}

/** A module's warm-up under its options. */
export const warmupOf = ({ definition: { warmup = {} }, options }: PlannedModule): Warmup => typeof warmup === 'function' ? warmup(options as never) : warmup

/** The timeframes whose candles a warm-up counts. */
export const countedBy = (warmup: Warmup) => Object.keys(warmup).filter((key) => /^\d/.test(key)) as Timeframe[]

const packageOf = (name: string) => `@tapeloom/module-${name}`

function missing(where: string, { module, range, optional }: Need, uses: readonly Use[]): TapeloomError | undefined {
  if (optional) return undefined
  const near = suggestion(module, uses.map(({ use }) => use.name))
  const remedy = `Add it to the modules (npm i ${packageOf(module)}).`
  return new TapeloomError('module.missing', `[${where}] requires '${module}' ${range}, which is not in the list.${near} ${remedy}`)
}

function checkProvider(where: string, needed: Need, provider: Module): TapeloomError | undefined {
  if (!inRange(provider.version, needed.range)) {
    const major = /\d+/.exec(needed.range)?.[0] ?? needed.range
    return new TapeloomError('module.version', `[${where}] requires '${needed.module}' ${needed.range}, found ${provider.version}. Install ${packageOf(needed.module)}@${major} or a newer ${where.slice(7)}.`)
  }
  const columns = columnsOf(provider.features).map(({ name }) => name)
  const unknown = needed.features.find((name) => !columns.includes(name))
  if (unknown === undefined) return undefined
  return new TapeloomError('module.column', `[${where}] reads '${needed.module}.${unknown}', which ${needed.module} ${provider.version} does not have.${suggestion(unknown, columns)}`)
}

function sortByNeeds(planned: readonly PlannedModule[], errors: TapeloomError[]): readonly PlannedModule[] {
  const order: PlannedModule[] = []
  const done = new Set<PlannedModule>()
  const visit = (entry: PlannedModule, path: readonly PlannedModule[]): void => {
    if (done.has(entry)) return
    const start = path.indexOf(entry)
    if (start >= 0) {
      const ids = [...path.slice(start), entry].map(({ id }) => id).join(' -> ')
      errors.push(new TapeloomError('module.cycle', `[module ${entry.id}] needs itself: ${ids}. Remove one of these needs.`))
      return
    }
    for (const id of entry.providers.values()) {
      const provider = planned.find((other) => other.id === id)
      if (provider) visit(provider, [...path, entry])
    }
    if (done.has(entry)) return
    done.add(entry)
    order.push(entry)
  }
  for (const entry of planned) visit(entry, [])
  return order
}

/** All timeframes that modules hear or count, and that models are fed with and aimed at; shortest first. */
export function timeframesUsed(plan: readonly PlannedModule[]): readonly Timeframe[] {
  const all = plan.flatMap((entry) => {
    const { timeframes, definition: { model } } = entry
    const lanes = Object.values(model?.inputs ?? {}).flatMap((input) => (typeof input === 'object' && input !== null && 'timeframe' in input ? [input.timeframe as Timeframe] : []))
    return [...timeframes, ...countedBy(warmupOf(entry)), ...lanes, ...(model ? [model.target.timeframe] : [])]
  })
  return [...new Set(all)].sort((a, b) => timeframeUs(a) - timeframeUs(b))
}
