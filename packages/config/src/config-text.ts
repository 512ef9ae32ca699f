import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type YAMLError } from 'yaml'
import { childPath, type ConfigNode, type MapEntry, type Position } from './config-node.ts'
import type { Mistakes } from './mistakes.ts'
import { substituted, type Variables } from './variables.ts'

/** More values than any configuration has; anchors that multiply end here. */
const MOST_NODES = 20_000

/** Reads YAML (of which JSON is a part); undefined when it is broken. */
export function parseConfig(text: string, variables: Variables, mistakes: Mistakes): ConfigNode | undefined {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = worthTelling([...document.errors, ...document.warnings])
  for (const { message, pos } of broken) {
    const { line, col } = lines.linePos(pos[0])
    const isVariable = text.split('\n')[line - 1]?.includes('${') ?? false
    const what = message.replace(/\.?$/, '')
    const todo = isVariable ? "Quote it: '${NAME}' in braces or brackets." : 'Correct it there or just before.'
    mistakes.add('config.yaml', { path: '', position: { line, column: col } }, `is no valid YAML: ${what}. ${todo}`)
  }
  if (broken.length > 0) return undefined
  const root = new TextReader(document, lines, variables, mistakes).read(document.contents, '')
  if (root?.kind === 'map') return root
  const found = root && (root.kind === 'list' || root.value !== null) ? 'is no mapping' : 'is empty'
  mistakes.add('config.empty', root, `${found}. Begin with 'orchestrator:' and its modules.`)
  return undefined
}

/** After the first break in a text all that follows is guesswork; keys that stand twice are told beside it. */
function worthTelling(found: readonly YAMLError[]): readonly YAMLError[] {
  const [first, ...rest] = found.toSorted((a, b) => a.pos[0] - b.pos[0])
  return first ? [first, ...rest.filter(({ code }) => code === 'DUPLICATE_KEY')] : []
}

/** Turns the nodes of a document into ours. */
class TextReader {
  readonly #document: Document.Parsed
  readonly #lines: LineCounter
  readonly #variables: Variables
  readonly #mistakes: Mistakes
  readonly #open = new Set<unknown>()
  #count = 0

  constructor(document: Document.Parsed, lines: LineCounter, variables: Variables, mistakes: Mistakes) {
    this.#document = document
    this.#lines = lines
    this.#variables = variables
    this.#mistakes = mistakes
  }

  read(node: unknown, path: string, fallback?: Position): ConfigNode {
    const position = this.#positionOf(node) ?? fallback
    const place = { path, position }
    if (isAlias(node)) return this.#alias(node.resolve(this.#document), node.source, place)
    if (++this.#count > MOST_NODES) {
      this.#mistakes.add('config.size', place, `has more than ${MOST_NODES} values. Take anchors out that repeat anchors.`)
      return { kind: 'scalar', ...place, value: null, written: null }
    }
    if (isMap(node)) {
      const entries = new Map<string, MapEntry>()
      for (const { key, value } of node.items) {
        const name = String(isScalar(key) ? key.value : key)
        const at = this.#positionOf(key) ?? position
        entries.set(name, { position: at, node: this.read(value, childPath(path, name), at) })
      }
      return { kind: 'map', ...place, entries }
    }
    if (isSeq(node)) {
      return { kind: 'list', ...place, items: node.items.map((item, i) => this.read(item, childPath(path, i), position)) }
    }
    const value: unknown = isScalar(node) ? node.value : null
    const isPlain = isScalar(node) && node.type === 'PLAIN'
    const filled = substituted(value, isPlain, this.#variables, place, this.#mistakes)
    return { kind: 'scalar', ...place, value: filled, written: value }
  }

  #alias(target: unknown, name: string, place: { path: string; position: Position | undefined }): ConfigNode {
    const nothing: ConfigNode = { kind: 'scalar', ...place, value: null, written: null }
    if (this.#open.has(target)) {
      this.#mistakes.add('config.alias', place, `'*${name}' stands inside of its own anchor. Write the value out.`)
      return nothing
    }
    this.#open.add(target)
    const read = this.read(target, place.path, place.position)
    this.#open.delete(target)
    return read
  }

  #positionOf(node: unknown): Position | undefined {
    const offset = (node as { range?: readonly [number, ...number[]] } | null | undefined)?.range?.[0]
    if (offset === undefined) return undefined
    const { line, col } = this.#lines.linePos(offset)
    return { line, column: col }
  }
}

/** The same tree of a configuration that is given as an object: it has paths instead of positions. */
export function configOf(value: unknown, variables: Variables, mistakes: Mistakes, path = ''): ConfigNode {
  const place = { path, position: undefined }
  const child = (inner: unknown, key: string | number) => configOf(inner, variables, mistakes, childPath(path, key))
  if (Array.isArray(value)) return { kind: 'list', ...place, items: value.map(child) }
  if (typeof value === 'object' && value !== null) {
    const given = Object.entries(value).filter(([, inner]) => inner !== undefined)
    const entries = given.map(([key, inner]): [string, MapEntry] => [key, { position: undefined, node: child(inner, key) }])
    return { kind: 'map', ...place, entries: new Map(entries) }
  }
  return { kind: 'scalar', ...place, value: substituted(value, false, variables, place, mistakes), written: value }
}
