import { nearest, suggestion, type Module } from '@tapeloom/core'
import { moduleAliases } from './module-aliases.ts'
import { findFile, findPackage, lookupFolders, type Found } from './package-lookup.ts'

/** What a specifier gave: a value, or why there is none (`what is wrong. What to do.`). */
export type Imported<T> =
  | { readonly ok: T; readonly package: string; readonly version: string | undefined }
  | { readonly code: string; readonly message: string; readonly package: string }

/** Imports the module that an alias, a package, a path or one of these with `#name` means, seen from a folder. */
export async function importModule(specifier: string, folder: string): Promise<Imported<Module>> {
  const exported = await importExports(specifier, folder)
  if (!('ok' in exported)) return exported
  const { name: from, picked } = target(specifier)
  const modules = Object.entries(exported.ok).filter(([, value]) => isModule(value))
  const names = modules.map(([name]) => name)
  const distinct = [...new Set(modules.map(([, value]) => value))]
  const only = distinct.length === 1 ? distinct[0] : undefined
  const found = picked === undefined ? only : modules.find(([name]) => name === picked)?.[1]
  if (found) return { ...exported, ok: found as Module }
  const failed = (code: string, message: string) => ({ package: from, code, message: `'${specifier}' ${message}` })
  if (names.length === 0) return failed('module.none', 'exports no module. Export what defineModule returns.')
  const choice = names.map((name) => `${from}#${name}`).join(', ')
  if (picked === undefined) return failed('module.several', `exports ${names.length} modules. Pick one: ${choice}.`)
  return failed('module.export', `exports no module '${picked}'.${suggestion(picked, names) || ` It has: ${names.join(', ')}.`}`)
}

/** The package or path that a specifier means, and the export that it picks. */
function target(specifier: string): { readonly name: string; readonly picked: string | undefined } {
  const [alias = '', own] = specifier.split('#')
  const [name = '', implied] = (aliased(alias) ?? alias).split('#')
  return { name, picked: own ?? implied }
}

/** What an alias stands for; names that every object has are none. */
const aliased = (name: string): string | undefined => (Object.hasOwn(moduleAliases, name) ? moduleAliases[name] : undefined)

/** Imports what a specifier names, without its `#name`. */
export async function importExports(specifier: string, folder: string): Promise<Imported<Readonly<Record<string, unknown>>>> {
  const { name } = target(specifier)
  const isPath = /^\.{0,2}\//.test(name)
  const found = isPath ? findFile(name, folder) : findPackage(name, lookupFolders(folder))
  if (!found) return { package: name, ...(isPath ? absentFile(name, folder) : absentPackage(specifier.split('#')[0] ?? '', name)) }
  try {
    return { ok: await load(found), package: name, version: found.version }
  } catch (error) {
    return { package: name, code: 'module.import', message: `'${specifier}' cannot be imported: ${reason(error)}` }
  }
}

const load = async ({ url }: Found) => (await import(/* @vite-ignore */ url)) as Readonly<Record<string, unknown>>

const absentFile = (path: string, folder: string) => ({
  code: 'module.file', message: `file '${path}' does not exist in ${folder}. Check the path; it is relative to the configuration.`,
})

function absentPackage(specifier: string, name: string) {
  const absent = (what: string) => ({ code: 'module.not-installed', message: `${what} is not installed. Run: npm i ${name}` })
  if (aliased(specifier) !== undefined) return absent(`'${specifier}' is ${name}, which`)
  const aliases = Object.keys(moduleAliases)
  const meant = aliases.find((alias) => moduleAliases[alias] === `@tapeloom/module-${name}`)
  const near = meant ? ` Did you mean '${meant}'?` : nearPackage(name) || suggestion(specifier, aliases)
  if (near) return { code: 'module.unknown', message: `module '${specifier}' is neither known nor installed.${near}` }
  if (/^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(\/.*)?$/.test(name)) return absent(`package '${name}'`)
  const forms = `an alias (${aliases.join(', ')}), a package, or a path that begins with ./`
  return { code: 'module.unknown', message: `'${specifier}' names no module. Write ${forms}` }
}

/** The package of ours that a misspelt one may mean; what all of them begin with is left out of the comparison. */
function nearPackage(name: string): string {
  if (!name.startsWith('@tapeloom/')) return ''
  const short = (each: string) => each.replace(/^@tapeloom\/(module-)?/, '')
  const packages = Object.values(moduleAliases).filter((each) => !each.includes('#'))
  const near = nearest(short(name), packages.map(short))
  return near === undefined ? '' : ` Did you mean '${packages.find((each) => short(each) === near)}'?`
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const isNotFound = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND'
  const [, missing] = isNotFound ? (/package '([^']+)'/.exec(message) ?? []) : []
  if (missing) return `it needs '${missing}', which is not installed. Run: npm i ${missing}`
  return `${message.replace(/\.?$/, '')}. Correct it.`
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null
/** Whether a value is what defineModule returns. */
function isModule(value: unknown): boolean {
  if (!isObject(value)) return false
  const texts = [value['name'], value['version'], value['core']]
  const sets = [value['options'], value['features'], value['requires']]
  return texts.every((each) => typeof each === 'string') && sets.every(isObject)
}
