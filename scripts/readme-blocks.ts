import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { importsOf } from './imports.ts'
import { workspacePackages } from './workspace.ts'

/** A fenced `ts` block of a README; `line` is the line of its first statement. */
export interface Block {
  readonly readme: string
  readonly line: number
  readonly text: string
  /** Why the block is type-checked only: the reason of `<!-- no-run: reason -->` before it, or that it is no program. */
  readonly noRun: string | undefined
}

const timeoutMs = 120_000
const marker = /^<!-- *no-run: *(.+?) *-->$/

/** The ts blocks of one README; a block without an import of ours is a fragment, which is type-checked only. */
export function blocksOf(readme: string, text: string): Block[] {
  const lines = text.split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const [, indent, language] = /^( *)```(\w*)/.exec(lines[at] ?? '') ?? []
    if (language === undefined || indent === undefined) continue
    const start = at + 1
    while (++at < lines.length && !(lines[at] ?? '').trimStart().startsWith('```'));
    if (language !== 'ts') continue
    const before = lines.slice(0, start - 1).findLast((line) => line.trim() !== '') ?? ''
    const code = lines.slice(start, at).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line)).join('\n')
    const isProgram = importsOf('block.ts', code).some(({ specifier, kind }) => kind === 'value' && /^(@tapeloom\/|tapeloom-)/.test(specifier))
    blocks.push({ readme, line: start + 1, text: `${code}\n`, noRun: marker.exec(before.trim())?.[1] ?? (isProgram ? undefined : 'no program') })
  }
  return blocks
}

/** Type-checks every ts block of the READMEs at `root` in one program, then runs the programs among them. */
export function readmeBlocks(root: string): { readonly findings: string[]; readonly checked: number; readonly ran: number } {
  const readmes = ['README.md', ...workspacePackages(root).map(({ folder }) => `${folder}/README.md`)]
  const blocks = readmes
    .filter((path) => existsSync(join(root, path)))
    .flatMap((path) => blocksOf(path, readFileSync(join(root, path), 'utf8')))
  const bench = mkdtempSync(join(root, '.readme-')) // inside of the root, so that packages beside ours resolve
  linkPackages(root, bench)
  const files = blocks.map((block, index) => {
    const path = join(bench, `${block.readme.replaceAll(/[^\w]+/g, '-')}-${index}.ts`)
    writeFileSync(path, `${block.text}export {}\n`)
    return { path, block }
  })
  const findings = typeFindings(root, files)
  const programs = files.filter(({ block }) => block.noRun === undefined)
  if (findings.length === 0) findings.push(...programs.flatMap(({ path, block }) => runFindings(path, block)))
  rmSync(bench, { recursive: true, force: true })
  return { findings, checked: blocks.length, ran: programs.length }
}

/** Blocks see every package of the workspace by its name, as a reader who installed them would. */
function linkPackages(root: string, bench: string): void {
  mkdirSync(bench, { recursive: true })
  writeFileSync(join(bench, 'package.json'), '{ "type": "module" }\n')
  for (const { name, folder } of workspacePackages(root)) {
    const link = join(bench, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, folder), link, 'junction')
  }
}

const where = (block: Block, line: number) => `${block.readme}:${block.line + line}`

function typeFindings(root: string, files: readonly { readonly path: string; readonly block: Block }[]): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.base.json'), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'))
    },
  })
  const program = ts.createProgram(files.map(({ path }) => path), config?.options ?? {})
  return files.flatMap(({ path, block }) => {
    const source = program.getSourceFile(path)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map(({ messageText, start = 0 }) => {
      const line = source?.getLineAndCharacterOfPosition(start).line ?? 0
      return `${where(block, line)} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  })
}

/** `statement // => text`: the statement logs, or has the value, that the text says. Lines keep their numbers. */
export function withAssertions(text: string): string {
  const lines = text.split('\n').map((line) => {
    const [, code, wanted] = /^(.*\S)\s*\/\/ => (.+?)\s*$/.exec(line) ?? []
    if (code === undefined || wanted === undefined) return line
    const logged = /^(\s*)console\.log\((.*)\);?$/.exec(code)
    return logged
      ? `${logged[1]}__expect(${JSON.stringify(wanted)}, [${logged[2]}])`
      : `__expect(${JSON.stringify(wanted)}, [${code.replace(/;$/, '')}])`
  })
  if (!lines.some((line) => line.includes('__expect('))) return text
  return `import { format as __format } from 'node:util'; ${expectation} ${lines.join('\n')}`
}

const expectation = [
  'function __expect(wanted: string, values: unknown[]) {',
  'const found = __format(...values);',
  "if (found !== wanted) throw new Error('the README says ' + wanted + ', it is ' + found)",
  '}',
].join(' ')

function runFindings(path: string, block: Block): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'tapeloom-readme-'))
  writeFileSync(path, `${withAssertions(block.text)}export {}\n`)
  const run = spawnSync(process.execPath, ['--conditions=@tapeloom/source', path], { cwd: folder, encoding: 'utf8', timeout: timeoutMs })
  rmSync(folder, { recursive: true, force: true })
  if (run.status === 0) return []
  const ending = run.signal ? `was ended by ${run.signal} after ${timeoutMs / 1000} s` : `exits with ${run.status}`
  const said = run.stderr.replaceAll(pathToFileURL(path).href, block.readme).replaceAll(path, block.readme)
  return [`${where(block, 0)} ${ending}: ${said.trim().split('\n').slice(0, 12).join('\n  ')}`]
}
