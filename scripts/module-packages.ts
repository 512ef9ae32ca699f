import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { isTest, sourceFiles, workspacePackages } from './workspace.ts'

/** One feature of a definition, as the gates read it. */
export interface Feature {
  readonly rev: number
  readonly unit: string
  readonly range: readonly [min: number, max: number]
  readonly size?: number
  readonly description: string
  readonly source?: string
}
/** A module of the workspace: its definition, and what its sources declare. */
export interface ModulePackage {
  readonly folder: string
  /** The package. */
  readonly from: string
  readonly name: string
  readonly features: Readonly<Record<string, Feature>>
  readonly options: Readonly<Record<string, object>>
  readonly requires: Readonly<Record<string, { readonly module: string; readonly range: string; readonly optional: boolean }>>
  /** Topics that it has a handler for. */
  readonly hears: readonly string[]
  /** Its own topics, with their payload as the source declares it. */
  readonly events: Readonly<Record<string, string>>
}

type Definition = Pick<ModulePackage, 'name' | 'features' | 'options' | 'requires'> & { readonly on?: object }

/** The modules that packages of the workspace at `root` export, by package; `baseline` of core among them. */
export async function modulePackages(root: string): Promise<readonly ModulePackage[]> {
  const found: ModulePackage[] = []
  for (const { folder, name: from } of workspacePackages(root)) {
    if (!/^(@tapeloom\/(module-|training$|core$|execution$)|tapeloom-module-)/.test(from)) continue
    const entry = join(root, folder, 'src/index.ts')
    if (!existsSync(entry)) continue
    const exported = (await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>
    for (const module of new Set(Object.values(exported).filter(isDefinition))) {
      const { name, features, options = {}, requires = {}, on = {} } = module
      const events = Object.fromEntries(Object.entries(eventsOf(root, folder)).filter(([topic]) => topic.startsWith(`${name}:`) || isNamed(from, name)))
      found.push({ folder, from, name, features, options, requires, hears: Object.keys(on), events: from === '@tapeloom/core' ? {} : events })
    }
  }
  return found
}

const isNamed = (from: string, name: string) => from.endsWith(`module-${name}`) || from.endsWith(`/${name}`)
const isDefinition = (value: unknown): value is Definition =>
  typeof value === 'object' && value !== null && 'version' in value && 'features' in value && 'name' in value

/** Topics that the sources of a package add to the event map, with the text of their payload. */
export function eventsOf(root: string, folder: string): Readonly<Record<string, string>> {
  const events: Record<string, string> = {}
  for (const { path, text } of sourceFiles(root, `${folder}/src`)) {
    if (isTest(path) || path.includes('/testing/')) continue
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      if (ts.isInterfaceDeclaration(node) && node.name.text === 'EventMap')
        for (const member of node.members)
          if (ts.isPropertySignature(member) && member.type && (ts.isStringLiteralLike(member.name) || ts.isIdentifier(member.name)))
            events[member.name.text] = member.type.getText().replaceAll(/\s+/g, ' ').replaceAll(/readonly (?=\w+\??:)/g, '')
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return events
}

/** The columns that a feature has in a row. */
export const columnsOf = (name: string, { size }: Feature): readonly string[] =>
  size === undefined ? [name] : Array.from({ length: size }, (_, i) => `${name}${i}`)
