import { stripTypeScriptTypes } from 'node:module'
import ts from 'typescript'
import { isTest, sourceFiles, workspacePackages, type SourceFile } from './workspace.ts'

/** Lines a file should and must not exceed. */
const fileLines = { warn: 300, fail: 400 }
interface PackageLimit {
  readonly folder: RegExp
  readonly lines: number
  readonly what: string
  readonly count: (text: string) => number
}
const packageLimits: readonly PackageLimit[] = [
  // A third of core is its contract: declarations that vanish when it runs. What is limited is the machinery.
  { folder: /^packages\/core$/, lines: 2000, what: 'lines that run', count: runningLines },
  { folder: /^(packages\/module-[^/]+|apps\/publish-a-module)$/, lines: 500, what: 'source lines', count: sourceLines },
]
const orchestratorLines = 400

/** Findings, and warnings that fail nothing, over all sources of the workspace at `root`. */
export function fileLength(root: string): { readonly findings: string[]; readonly warnings: string[] } {
  const packages = workspacePackages(root).map(({ folder }) => ({ folder, files: sourceFiles(root, folder) }))
  const files = [...packages.flatMap((one) => one.files), ...sourceFiles(root, 'scripts')]
  const lengths = files.map(({ path, text }) => ({ path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }))
  const findings = lengths
    .filter(({ lines }) => lines > fileLines.fail)
    .map(({ path, lines }) => `${path} has ${lines} lines, ${fileLines.fail} is the limit: one concept a file`)
  const warnings = lengths
    .filter(({ lines }) => lines > fileLines.warn && lines <= fileLines.fail)
    .map(({ path, lines }) => `${path} has ${lines} lines, ${fileLines.warn} is the aim`)
  for (const { folder, files: own } of packages) {
    const limit = packageLimits.find((each) => each.folder.test(folder))
    if (!limit) continue
    const lines = own.filter(({ path }) => isPublished(folder, path)).reduce((sum, { text }) => sum + limit.count(text), 0)
    if (lines > limit.lines) findings.push(`${folder} has ${lines} ${limit.what}, ${limit.lines} is the limit`)
  }
  const core = packages.find(({ folder }) => folder === 'packages/core')?.files ?? []
  return { findings: [...findings, ...core.flatMap(orchestratorFindings)], warnings }
}

const isPublished = (folder: string, path: string) =>
  path.startsWith(`${folder}/src/`) && !isTest(path) && !path.startsWith(`${folder}/src/testing/`)

/** Lines that run: without types, comments, imports, re-exports, and lines of brackets alone. */
export function runningLines(text: string): number {
  const code = stripTypeScriptTypes(text, { mode: 'strip' })
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^(import|export \{)[\s\S]*?from '.*$/gm, '')
  return code.split('\n').filter((line) => /[\w$]/.test(line.replace(/\/\/.*$/, ''))).length
}

/** Lines that hold code: neither blank nor comment alone. */
export function sourceLines(text: string): number {
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true)
  const lines = new Set<number>()
  const visit = (node: ts.Node): void => {
    if (node.getChildCount(source) === 0 && node.getWidth(source) > 0) {
      const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line
      const last = source.getLineAndCharacterOfPosition(node.getEnd()).line
      for (let line = first; line <= last; line++) lines.add(line)
    }
    for (const child of node.getChildren(source)) if (!ts.isJSDoc(child)) visit(child)
  }
  visit(source)
  return lines.size
}

function orchestratorFindings({ path, text }: SourceFile): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return source.statements
    .filter(ts.isClassDeclaration)
    .filter(({ name }) => name?.text === 'Orchestrator')
    .map((node) => sourceLines(node.getText(source)))
    .filter((lines) => lines > orchestratorLines)
    .map((lines) => `${path}: Orchestrator has ${lines} source lines, ${orchestratorLines} is the limit`)
}
