import ts from 'typescript'
import { isTest, sourceFiles, workspacePackages } from './workspace.ts'

/** What makes two runs over the same journal differ. */
export type DeterminismRule = 'power' | 'random' | 'clock' | 'timer' | 'for-in' | 'local-time' | 'locale' | 'file-order'

/** A place that may break a rule, and why that cannot change a result. */
export interface Allowance {
  readonly file: string
  readonly rules: readonly DeterminismRule[]
  readonly reason: string
}

/** The few places that need the wall clock: none of them feeds a value to the event path. */
export const allowances: readonly Allowance[] = [
  { file: 'packages/core/src/event/observers.ts', rules: ['timer'], reason: 'observers get copies after the run has moved on' },
  { file: 'packages/core/src/host/time-budget.ts', rules: ['timer'], reason: 'gives up on an init or a live answer that never settles; that becomes an input, which the journal records' },
  { file: 'packages/core/src/host/handler-watch.ts', rules: ['clock'], reason: 'what takes too long in a live run becomes an input, which the journal records; replays time nothing' },
  { file: 'packages/core/src/host/run-loop.ts', rules: ['timer'], reason: 'lets go of the thread between two inputs; results are recorded' },
  { file: 'packages/data/src/watchdog-worker.ts', rules: ['timer'], reason: 'watches from another thread whether code returns; it ends the process, and feeds nothing' },
  { file: 'packages/data/src/ingest/wall-clock.ts', rules: ['clock', 'timer'], reason: 'time of receipt of live inputs, which the journal records; when a batch is written, not what' },
]

const eventPath = /^(packages\/(module-[^/]+|core|data|indicators|training)|apps\/publish-a-module)$/
const timers = new Set(['setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame'])
const clocks = new Set(['Date.now', 'performance.now', 'performance.timeOrigin', 'process.hrtime', 'process.uptime'])
const randoms = new Set(['Math.random', 'crypto.randomUUID', 'crypto.getRandomValues', 'crypto.randomBytes'])
const localTime = /^(get(Day|Date|Hours|Minutes|Seconds|Month|FullYear|TimezoneOffset)|to(Date|Time)String)$/
const locale = /^(toLocale(String|DateString|TimeString|UpperCase|LowerCase)|localeCompare)$/
const messages: Record<DeterminismRule, string> = {
  power: '** and Math.pow differ between Node versions: multiply, or use Math.exp and Math.log',
  random: 'unseeded randomness: use the random of the context',
  clock: 'the wall clock is not in the journal: use the clock of the context or the time of the event',
  timer: 'a timer fires in no recorded order: use `every`, or a command at a boundary',
  'for-in': 'for…in walks prototypes and reorders integer keys: use for…of over an array or a Map',
  'local-time': 'depends on the time zone of the machine: use the UTC methods',
  locale: 'depends on the language of the machine: compare code points',
  'file-order': 'a folder has no order: sort what readdir returns before using it',
}

/** Findings over all event-path packages at `root`; an allowance that allows nothing is a finding too. */
export function determinism(root: string, allowed: readonly Allowance[] = allowances): string[] {
  const unused = new Set(allowed.flatMap(({ file, rules }) => rules.map((rule) => `${file} ${rule}`)))
  const findings: string[] = []
  for (const { folder } of workspacePackages(root).filter((one) => eventPath.test(one.folder))) {
    for (const { path, text } of sourceFiles(root, `${folder}/src`)) {
      if (isTest(path) || path.includes('/src/testing/')) continue
      for (const { rule, line } of violations(path, text)) {
        const isAllowed = allowed.some(({ file, rules }) => file === path && rules.includes(rule))
        if (isAllowed) unused.delete(`${path} ${rule}`)
        else findings.push(`${path}:${line} ${rule}: ${messages[rule]}`)
      }
    }
  }
  return [...findings, ...[...unused].map((one) => `${one}: this allowance is not needed any more, remove it`)]
}

/** Every violation of one file, with its line; comments and strings do not count. */
export function violations(path: string, text: string): { readonly rule: DeterminismRule; readonly line: number }[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: { rule: DeterminismRule; line: number }[] = []
  const visit = (node: ts.Node): void => {
    const rule = ruleOf(node)
    if (rule) found.push({ rule, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1 })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function ruleOf(node: ts.Node): DeterminismRule | undefined {
  if (ts.isForInStatement(node)) return 'for-in'
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken
    if (kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken) return 'power'
    return kind === ts.SyntaxKind.AsteriskAsteriskToken && !isPowerOfTwo(node) ? 'power' : undefined
  }
  if (ts.isImportDeclaration(node)) return ruleOfImport(node)
  if (ts.isNewExpression(node)) return isDate(node.expression) && node.arguments?.length !== 1 ? 'clock' : undefined
  if (ts.isCallExpression(node)) return ruleOfCall(node)
  if (ts.isPropertyAccessExpression(node)) return ruleOfMember(node.expression, node.name.text)
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression))
    return ruleOfMember(node.expression, node.argumentExpression.text)
  if (ts.isBindingElement(node)) return ruleOfDestructuring(node)
  if (ts.isIdentifier(node) && timers.has(node.text) && isReference(node)) return 'timer'
  return undefined
}

/** `2 ** 20` between literals is exact everywhere. */
const isPowerOfTwo = ({ left, right }: ts.BinaryExpression) =>
  ts.isNumericLiteral(left) && left.text === '2' && ts.isNumericLiteral(right) && /^\d{1,3}$/.test(right.text)

function ruleOfImport(node: ts.ImportDeclaration): DeterminismRule | undefined {
  if (node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || !ts.isStringLiteral(node.moduleSpecifier)) return undefined
  const name = node.moduleSpecifier.text.replace(/^node:/, '')
  if (/^timers(\/|$)/.test(name)) return 'timer'
  if (name === 'perf_hooks') return 'clock'
  const names = node.importClause?.namedBindings
  const random = names && ts.isNamedImports(names) && names.elements.some(({ name: imported, propertyName }) =>
    /^random|^getRandomValues$/.test((propertyName ?? imported).text))
  return name === 'crypto' && random ? 'random' : undefined
}

function ruleOfCall(node: ts.CallExpression): DeterminismRule | undefined {
  if (isDate(node.expression)) return 'clock'
  const name = nameOf(node.expression)?.split('.').at(-1)
  return (name === 'readdir' || name === 'readdirSync') && !isSorted(node) ? 'file-order' : undefined
}

function ruleOfMember(owner: ts.Expression, member: string): DeterminismRule | undefined {
  const ownerName = nameOf(owner)
  const name = `${ownerName}.${member}`
  if (name === 'Math.pow') return 'power'
  if (randoms.has(name)) return 'random'
  if (clocks.has(name)) return 'clock'
  if (ownerName === 'globalThis' && timers.has(member)) return 'timer'
  if (locale.test(member) || ownerName === 'Intl') return 'locale'
  return localTime.test(member) ? 'local-time' : undefined
}

/** `const { pow } = Math` takes the member out of sight of every later check. */
function ruleOfDestructuring(node: ts.BindingElement): DeterminismRule | undefined {
  const declaration = node.parent.parent
  if (!ts.isVariableDeclaration(declaration) || !declaration.initializer || !ts.isObjectBindingPattern(node.parent)) return undefined
  const name = node.propertyName ?? node.name
  return ts.isIdentifier(name) ? ruleOfMember(declaration.initializer, name.text) : undefined
}

const isDate = (node: ts.Expression) => nameOf(node) === 'Date'

/** The dotted name of an expression without a leading `globalThis.`; undefined for anything computed. */
function nameOf(node: ts.Expression): string | undefined {
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)) return nameOf(node.expression)
  if (ts.isIdentifier(node)) return node.text
  if (!ts.isPropertyAccessExpression(node)) return undefined
  const owner = nameOf(node.expression)
  return owner === 'globalThis' ? node.name.text : owner && `${owner}.${node.name.text}`
}

/** Whether an identifier names the global, not a member, a declaration or a key. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isImportSpecifier(parent) || ts.isTypeReferenceNode(parent) || ts.isTypeQueryNode(parent)) return false
  return !('name' in parent && parent.name === node) || ts.isShorthandPropertyAssignment(parent)
}

/** Whether a chain such as `(await readdir(path)).filter(…).sort()` orders what the call returns. */
function isSorted(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node)
    return /^(sort|toSorted)$/.test(parent.name.text) || isSorted(parent)
  if (ts.isCallExpression(parent) && parent.expression === node) return isSorted(parent)
  return (ts.isAwaitExpression(parent) || ts.isParenthesizedExpression(parent)) && isSorted(parent)
}
