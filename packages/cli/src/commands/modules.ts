import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importModule, moduleAliases } from '@tapeloom/config'
import { columnsOf, type Module, type NeedSet } from '@tapeloom/core'
import { defineCommand } from '../command.ts'

/** Why a package is left out without a word. */
const ABSENT = ['module.not-installed', 'module.unknown', 'module.none']

/** Lists what is installed: of the known modules, and of those that the project in the working folder depends on. */
export const modules = defineCommand({
  options: {},
  positionals: [0, 0],
  async run({ terminal }) {
    const found: Module[] = []
    for (const name of new Set([...Object.values(moduleAliases), ...projectModules(process.cwd())])) {
      const imported = await importModule(name, process.cwd())
      if ('ok' in imported) found.push(imported.ok)
      else if (!ABSENT.includes(imported.code)) terminal.note(`[${name}] ${imported.message}`)
    }
    const rows = found.map(({ name, version, features, requires }) => ({
      name, version, features: columnsOf(features).map((column) => column.name),
      requires: Object.values(requires as NeedSet).map(({ module, range, optional }) => ({ module, range, optional })),
    }))
    for (const { name, version, features, requires } of rows) {
      terminal.print(`${terminal.styled('bold', name)} ${version}`)
      if (features.length > 0) terminal.print(`  features: ${features.join(' ')}`)
      for (const { module, range, optional } of requires) terminal.print(`  needs ${module} ${range}${optional ? ' (optional)' : ''}`)
    }
    terminal.json(rows)
    return 0
  },
})

/** Modules among the dependencies of a project, by the names that modules have. */
function projectModules(folder: string): readonly string[] {
  const path = join(folder, 'package.json')
  if (!existsSync(path)) return []
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Partial<Record<string, Record<string, string>>>
  const { dependencies = {}, devDependencies = {} } = manifest
  return Object.keys({ ...dependencies, ...devDependencies }).filter((name) => /(^|\/)(tapeloom-)?module-/.test(name))
}
