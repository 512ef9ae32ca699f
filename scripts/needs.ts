import ts from 'typescript'

/** A `need('cob', '^1', { optional: true })` of a module definition. */
export interface NeedCall {
  readonly module: string
  readonly range: string
  readonly isOptional: boolean
  readonly line: number
}

/** What a file says about modules: what it needs, and the names it defines. */
export interface ModuleFacts {
  readonly needs: readonly NeedCall[]
  readonly defined: readonly string[]
  /** Specifiers of the `package.json` files it imports. */
  readonly manifests: readonly string[]
}

/** Reads `need` and `defineModule` calls with literal arguments; computed ones cannot be checked and are left out. */
export function moduleFacts(path: string, text: string): ModuleFacts {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const needs: NeedCall[] = []
  const defined: string[] = []
  const manifests: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      if (node.moduleSpecifier.text.endsWith('package.json')) manifests.push(node.moduleSpecifier.text)
    }
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const [first, second, third] = node.arguments
      if (node.expression.text === 'need' && first && second && ts.isStringLiteralLike(first) && ts.isStringLiteralLike(second)) {
        const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
        needs.push({ module: first.text, range: second.text, isOptional: property(third, 'optional')?.kind === ts.SyntaxKind.TrueKeyword, line })
      }
      const name = node.expression.text === 'defineModule' ? property(first, 'name') : undefined
      if (name && ts.isStringLiteralLike(name)) defined.push(name.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { needs, defined, manifests }
}

function property(node: ts.Node | undefined, name: string): ts.Expression | undefined {
  if (!node || !ts.isObjectLiteralExpression(node)) return undefined
  const found = node.properties.find((each) => ts.isPropertyAssignment(each) && each.name.getText() === name)
  return found && ts.isPropertyAssignment(found) ? found.initializer : undefined
}
