import ts from 'typescript'

/** One import, export-from, dynamic import or module augmentation of a file. */
export interface Import {
  readonly specifier: string
  readonly line: number
  /** `value` runs at load, `dynamic` is `import()`, `type` leaves no trace at run time. */
  readonly kind: 'value' | 'type' | 'dynamic'
}

/** Every module a file names, in source order; a computed `import(name)` names none. */
export function importsOf(path: string, text: string): Import[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: Import[] = []
  const add = (node: ts.Node, specifier: ts.Node | undefined, kind: Import['kind']) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return
    found.push({ specifier: specifier.text, kind, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1 })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const isType = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || hasTypesOnly(node.importClause?.namedBindings)
      add(node, node.moduleSpecifier, isType && !node.importClause?.name ? 'type' : 'value')
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly || hasTypesOnly(node.exportClause) ? 'type' : 'value')
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, 'type')
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], 'dynamic')
    } else if (ts.isModuleDeclaration(node)) {
      add(node, node.name, 'type')
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Whether `{ type A, type B }` holds types alone; `{}` and `*` do not. */
function hasTypesOnly(clause: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (!clause || !(ts.isNamedImports(clause) || ts.isNamedExports(clause))) return false
  return clause.elements.length > 0 && [...clause.elements].every(({ isTypeOnly }) => isTypeOnly)
}

/** The package of a bare specifier: `@tapeloom/data/book` → `@tapeloom/data`; undefined for relative paths and Node's own. */
export function packageOf(specifier: string): string | undefined {
  if (/^(\.|\/|node:|#)/.test(specifier)) return undefined
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
