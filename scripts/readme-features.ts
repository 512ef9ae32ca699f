import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { columnsOf, modulePackages, type ModulePackage } from './module-packages.ts'

/** Modules whose README does not name each feature, option and event that they have, or names a feature they have not. */
export async function readmeFeatures(root: string): Promise<string[]> {
  const modules = await modulePackages(root)
  return modules
    .filter(({ from }) => /(^|\/)(tapeloom-)?module-/.test(from))
    .flatMap((module) => findings(root, module).map((what) => `${module.folder}/README.md: ${what}`))
}

function findings(root: string, { folder, features, options, events }: ModulePackage): string[] {
  const path = join(root, folder, 'README.md')
  if (!existsSync(path)) return [] // the manifests gate tells
  const text = readFileSync(path, 'utf8')
  const patterns = firstCells(sectionOf(text, 'Features')).flatMap((cell) => patternsOf(cell))
  const names = Object.entries(features).flatMap(([name, feature]) => {
    const columns = columnsOf(name, feature)
    return [{ name, columns: columns.every((one) => one === name) ? [name] : [name, ...columns], all: columns }]
  })
  const isNamed = (column: string) => patterns.some(({ fits }) => fits.test(column))
  const options_ = new Set(firstCells(sectionOf(text, 'Options')).flatMap((cell) => spansOf(cell)))
  return [
    ...names.filter(({ name, all }) => !isNamed(name) && !all.every((one) => isNamed(one))).map(({ name }) => `the table of features lacks \`${name}\``),
    ...patterns
      .filter(({ fits }) => !names.some(({ columns }) => columns.some((one) => fits.test(one))))
      .map(({ said }) => `the table of features names \`${said}\`, which the module does not have`),
    ...Object.keys(options).filter((name) => !options_.has(name)).map((name) => `the table of options lacks \`${name}\``),
    ...Object.keys(events).filter((topic) => !sectionOf(text, 'Events').includes(topic)).map((topic) => `the section Events lacks \`${topic}\``),
  ]
}

const sectionOf = (text: string, heading: string): string =>
  new RegExp(`^## ${heading}\\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(text)?.[1] ?? ''
const firstCells = (section: string): readonly string[] =>
  [...section.matchAll(/^\| *(.+?) *\|/gm)].map(([, cell = '']) => cell).filter((cell) => cell.includes('`'))
const spansOf = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span)

interface Pattern {
  readonly said: string
  readonly fits: RegExp
}

/**
 * What the first cell of a row names: `name`; `imbalance1` `5` `20`, each with its own end; `bucketBid0…19`; `l<k>Trend` for
 * all that stands between the brackets; and, with … between names, whatever numbers they have.
 */
function patternsOf(cell: string): readonly Pattern[] {
  const isSeries = /…/.test(cell.replaceAll(/`[^`]*`/g, ''))
  let first = ''
  return spansOf(cell).map((span) => {
    if (!/^\d/.test(span)) first = span
    const said = /^\d/.test(span) ? first.replace(/\d+[a-z]*$/, span) : span
    const fits = said
      .replace(/\d+…\d+$/, '\\d+')
      .replaceAll(/<\w+>/g, '\\w+')
      .replaceAll(/(?<!\\)\d+/g, (number) => (isSeries ? '\\d+' : number))
    return { said, fits: new RegExp(`^${fits}$`) }
  })
}
