import { CreateError } from './create-error.ts'

/** What a new module is called where. */
export interface ModuleNames {
  /** In features and events: `demo-imbalance`. */
  readonly module: string
  /** On npm: `tapeloom-module-demo-imbalance`. */
  readonly package: string
  /** In TypeScript: `demoImbalance`. */
  readonly variable: string
}

const LONGEST = 60
/** Words that the template uses itself, and words of the language that a module's name could be. */
const taken = new Set([
  'assert', 'fixtures', 'harness', 'option', 'pkg', 'test',
  ...'await break case catch class const continue debugger default delete do else enum export extends false finally for function'.split(' '),
  ...'if implements import in interface let new null package private protected public return static super switch this throw'.split(' '),
  ...'true try typeof undefined var void while with yield arguments eval'.split(' '),
])

/** The names that a module gets from the one it is given. @throws CreateError `create.name` */
export function moduleNames(given: string): ModuleNames {
  const wrong = (what: string, then: string) => new CreateError('create.name', `[create-module] '${given}' ${what}. ${then}`)
  if (given.startsWith('@')) throw wrong('has a scope', 'Give the name alone; a scope of yours goes into its package.json later.')
  if (/[/\\]|\.\./.test(given)) throw wrong('is a path', 'Give a name alone: the module is made in the working folder.')
  const short = /^(?:tapeloom-)?module-(.+)$/.exec(given)?.[1]
  if (short !== undefined) throw wrong('has the prefix of a package already', `Give '${short}'.`)
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(given))
    throw wrong('is no module name', 'Use small letters, digits and single hyphens, a letter first: demo-imbalance.')
  if (given.length > LONGEST) throw wrong(`has ${given.length} characters`, `Use ${LONGEST} at most: it is part of every column's name.`)
  const variable = given.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  if (taken.has(variable)) throw wrong('is a word of TypeScript or of the template', 'Say more precisely what it measures.')
  return { module: given, package: `tapeloom-module-${given}`, variable }
}
