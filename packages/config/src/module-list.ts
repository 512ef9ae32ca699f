import {
  definitionOf, planModules, resolveOptions, TapeloomError, type Module, type PlannedModule, type Use,
} from '@tapeloom/core'
import { nodeAt, toValue, type ConfigNode } from './config-node.ts'
import type { Mistakes } from './mistakes.ts'
import { importModule } from './module-import.ts'
import { redacted } from './variables.ts'

/** A module of the list, imported. */
export interface ListedModule extends Use {
  readonly package: string
  /** Where it was named. */
  readonly node: ConfigNode
  /** Where its own id stands. */
  readonly idNode: ConfigNode | undefined
}
/** What to do about modules that cannot be loaded: stop; leave them out; leave out those that need them, too. */
export type Policy = 'fail' | 'skip' | 'degrade'

/** The modules of a list and how they start. */
export interface PlannedList {
  readonly listed: readonly ListedModule[]
  readonly planned: readonly PlannedModule[]
  readonly warnings: readonly string[]
}

/** Entries that are left out before the plan is made: those that need modules which are gone. */
export interface ListOptions {
  readonly policy: Policy
  /** Names of modules whose dependants go with them. */
  readonly gone: (names: readonly string[]) => readonly string[]
}

/** Imports the modules of a configuration, checks their options and plans their start; notes every mistake. */
export async function planList(
  root: ConfigNode, folder: string, { policy, gone }: ListOptions, mistakes: Mistakes,
): Promise<PlannedList> {
  const list = nodeAt(root, ['orchestrator', 'modules'])
  const listed: ListedModule[] = []
  const absent: string[] = []
  const warnings: string[] = []
  for (const item of list?.kind === 'list' ? list.items : []) {
    const entry = entryOf(item)
    if (!entry) continue // its shape is wrong, which is noted already
    const imported = await importModule(entry.specifier, folder)
    if ('ok' in imported) listed.push(take(entry, imported.ok, imported.package, listed, mistakes))
    else {
      absent.push(imported.package)
      const message = redacted(imported.message, entry.node)
      if (policy === 'fail' || imported.code === 'module.unknown') mistakes.add(imported.code, entry.node, message)
      else warnings.push(`[${mistakes.where(entry.node)}] ${message}`)
    }
  }
  const names = absent.map((name) => name.replace(/^@tapeloom\/(module-)?|^.*\bmodule-/, ''))
  const leaving = [...gone(listed.map(({ use }) => use.name)), ...(policy === 'degrade' ? names : [])]
  const kept = withoutDependants(dedupe(listed), leaving)
  for (const { id, node } of listed) {
    if (!kept.some((one) => one.id === id)) warnings.push(`[${mistakes.where(node)}] module ${id} goes with what it needs.`)
  }
  return { listed: kept, planned: plan(kept, policy === 'fail' ? names : [], mistakes), warnings }
}

interface Entry {
  readonly specifier: string
  readonly node: ConfigNode
  readonly id: string | undefined
  readonly idNode: ConfigNode | undefined
  readonly options: ConfigNode | undefined
  readonly enabled: boolean
}

function entryOf(item: ConfigNode): Entry | undefined {
  const named = item.kind === 'map' ? nodeAt(item, ['use']) : item
  if (named?.kind !== 'scalar' || typeof named.value !== 'string' || named.value === '') return undefined
  const valueOf = (key: string) => nodeAt(item, [key])
  const [id, enabled] = [valueOf('id'), valueOf('enabled')]
  return {
    specifier: named.value,
    node: named,
    id: id?.kind === 'scalar' && typeof id.value === 'string' ? id.value : undefined,
    idNode: id,
    options: valueOf('options'),
    enabled: !(enabled?.kind === 'scalar' && enabled.value === false),
  }
}

function take(
  { id = '', idNode, options, enabled, node }: Entry, module: Module, from: string, listed: readonly ListedModule[], mistakes: Mistakes,
): ListedModule {
  const own = id || module.name
  const twin = listed.find((other) => other.id === own)
  if (twin) {
    const what = `module id '${own}' stands at ${mistakes.where(twin.node)} already`
    mistakes.add('module.duplicate', node, redacted(`${what}. Give this one another: { use: …, id: ${own}-2 }.`, idNode))
  }
  const isGood = options?.kind !== 'map' || checkOptions(own, module, options, mistakes)
  return { use: module, id: own, options: options?.kind === 'map' && isGood ? given(options) : {}, enabled, package: from, node, idNode }
}

const given = (options: ConfigNode) => toValue(options) as Readonly<Record<string, unknown>>

/** Checks options one by one, so that each mistake is told where it stands. */
function checkOptions(id: string, module: Module, options: ConfigNode, mistakes: Mistakes): boolean {
  let isGood = true
  for (const [key, { position, node }] of options.kind === 'map' ? options.entries : []) {
    const { errors } = resolveOptions(`module ${id}`, module.options, { [key]: toValue(node) })
    for (const { code, message } of errors) {
      isGood = false
      const at = code === 'option.unknown' ? { path: node.path, position } : node
      mistakes.add(code, at, redacted(unbracketed(message), node))
    }
  }
  return isGood
}

/** `[module x] has …` as a sentence of its own. */
const unbracketed = (message: string) => message.replace(/^\[([^\]]+)\] /, '$1 ').replace(/\?\.$/, '?')

const dedupe = (listed: readonly ListedModule[]) =>
  listed.filter(({ id }, i) => listed.findIndex((other) => other.id === id) === i)

function withoutDependants(listed: readonly ListedModule[], gone: readonly string[]): readonly ListedModule[] {
  const needsGone = ({ use }: ListedModule) =>
    Object.values(definitionOf(use).requires ?? {}).some(({ module, optional }) => !optional && gone.includes(module))
  const leaving = listed.filter(needsGone)
  if (leaving.length === 0) return listed
  const staying = listed.filter((one) => !leaving.includes(one))
  return withoutDependants(staying, [...gone, ...leaving.map(({ use }) => use.name)])
}

function plan(listed: readonly ListedModule[], absent: readonly string[], mistakes: Mistakes): readonly PlannedModule[] {
  try {
    return planModules(listed)
  } catch (error) {
    if (!(error instanceof TapeloomError)) throw error
    const errors = error.code === 'module.plan' ? (error.cause as readonly TapeloomError[]) : [error]
    for (const { code, message } of errors) {
      const [, needed] = code === 'module.missing' ? (/requires '([^']+)'/.exec(message) ?? []) : []
      // in the list, but it could not be loaded: that is told already
      if (needed !== undefined && absent.includes(needed)) continue
      const [, id] = /^\[module ([^\]]+)\]/.exec(message) ?? []
      const said = listed.reduce((text, { idNode }) => redacted(text, idNode), unbracketed(message))
      mistakes.add(code, listed.find((one) => one.id === id)?.node, said)
    }
    return []
  }
}
