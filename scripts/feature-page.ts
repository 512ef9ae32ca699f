import { eventsOf, modulePackages, type Feature, type ModulePackage } from './module-packages.ts'

/** `docs/features.md`: every module with its features and events, as the definitions say them. */
export async function featurePage(root: string): Promise<string> {
  const modules = (await modulePackages(root)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const core = Object.entries(eventsOf(root, 'packages/core')).map(([topic, payload]) => `| \`${topic}\` | \`${cell(payload)}\` |`)
  const heading = [
    '# All features, all events',
    '',
    'Made from the definitions by `npm run feature-page`; a test fails when it is out of date. A feature is read as',
    '`<module>.<feature>`, and needed by `need(\'<module>\', \'^1\', { features: [\'<feature>\'] })`. Missing is NaN inside and null',
    'outside, never an invented 0. A list has as many columns as stands in brackets, counted from 0.',
    '',
    '## Events of core',
    '',
    'Every event has symbol, origin, sequence and times besides what stands here.',
    '',
    '| topic | payload |',
    '|---|---|',
    ...core,
  ]
  return `${[...heading, ...modules.flatMap((module) => section(module))].join('\n')}\n`
}

function section({ name, from, features, requires, hears, events }: ModulePackage): readonly string[] {
  const needs = Object.values(requires).map(({ module, range, optional }) => `${module} ${range}${optional ? ' (optional)' : ''}`)
  const emitted = Object.entries(events)
  const all = Object.entries(features)
  return [
    '',
    `## ${name}`,
    '',
    `${from}. Hears ${listed(hears)}.${needs.length > 0 ? ` Needs ${needs.join(', ')}.` : ''}`,
    ...(all.length > 0 ? ['', '| feature | rev | unit | range | meaning | source |', '|---|---|---|---|---|---|', ...all.map(row)] : []),
    ...(emitted.length > 0 ? ['', '| event | payload |', '|---|---|', ...emitted.map(([topic, payload]) => `| \`${topic}\` | \`${cell(payload)}\` |`)] : []),
  ]
}

const row = ([name, { rev, unit, range: [min, max], size, description, source = '' }]: [string, Feature]): string =>
  `| \`${name}${size === undefined ? '' : `[${size}]`}\` | ${rev} | ${unit} | ${number(min)} … ${number(max)} | ${cell(description)} | ${cell(source)} |`
const number = (value: number): string => (Math.abs(value) >= 1e4 && Number.isFinite(value) ? value.toExponential() : String(value)).replace('e+', 'e')
const cell = (text: string): string => text.replaceAll('|', '\\|')
const listed = (topics: readonly string[]): string => (topics.length === 0 ? 'nothing' : topics.map((topic) => `\`${topic}\``).join(', '))
