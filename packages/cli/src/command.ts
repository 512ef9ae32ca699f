import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { suggestion, TapeloomError } from '@tapeloom/core'
import type { Terminal } from './terminal.ts'

/** Options that every command takes. */
export const commonOptions = {
  json: { type: 'boolean' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig

/** What a command was given: options by name, and the rest in order. */
export interface Given<O extends ParseArgsOptionsConfig> {
  readonly values: ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>['values']
  readonly positionals: readonly string[]
  readonly terminal: Terminal
}

/** A command that is ready to be run. */
export interface Command<O extends ParseArgsOptionsConfig = ParseArgsOptionsConfig> {
  readonly options: O
  /** How many other arguments it takes. */
  readonly positionals: readonly [least: number, most: number]
  /** Does it; the exit code: 0 did it, 1 the run failed. @throws TapeloomError for bad input */
  run(given: Given<O>): Promise<number>
}

/** Declares a command. */
export const defineCommand = <const O extends ParseArgsOptionsConfig>(command: Command<O>): Command =>
  command as unknown as Command

/** Reads what follows the command's name. @throws TapeloomError `cli.option`, `cli.usage` */
export function readArguments(
  command: Command, args: readonly string[], usage: string,
): Pick<Given<ParseArgsOptionsConfig>, 'values' | 'positionals'> {
  const options = { ...command.options, ...commonOptions }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [least, most] = command.positionals
    if (values['help'] !== true && (positionals.length < least || positionals.length > most)) {
      const found = positionals.length > most ? `'${positionals[most]}' is one argument too many` : 'an argument is missing'
      throw new TapeloomError('cli.usage', `[tapeloom] ${found}. Usage: tapeloom ${usage}`)
    }
    return { values, positionals }
  } catch (error) {
    if (error instanceof TapeloomError) throw error
    throw optionError(error as Error, Object.keys(options), usage)
  }
}

function optionError(error: Error, names: readonly string[], usage: string): TapeloomError {
  const [, unknown] = /Unknown option '-{1,2}([^']+)'/.exec(error.message) ?? []
  const [first = ''] = error.message.split(/\. |\n/)
  if (unknown === undefined) {
    const what = first.replace(/\.$/, '')
    return new TapeloomError('cli.option', `[tapeloom] ${what}. Usage: tapeloom ${usage}`, { cause: error })
  }
  const near = suggestion(`--${unknown}`, names.map((name) => `--${name}`)) || ` Usage: tapeloom ${usage}`
  return new TapeloomError('cli.option', `[tapeloom] there is no option '--${unknown}' here.${near}`, { cause: error })
}

/** The value of an option that must be there. @throws TapeloomError `cli.usage` */
export function required<T>(value: T | undefined, option: string): T {
  if (value !== undefined) return value
  throw new TapeloomError('cli.usage', `[tapeloom] --${option} is missing. Give it, or see tapeloom --help.`)
}

/** A whole number from 0, as `--seed` takes. @throws TapeloomError `cli.option` */
export function wholeNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new TapeloomError('cli.option', `[tapeloom] --${option} '${text}' is no whole number. Give one from 0.`)
}

/** The error for a command that there is not, with the nearest that there is. */
export function unknownCommand(first: string, second: string | undefined, names: readonly string[]): TapeloomError {
  const group = names.filter((name) => name.startsWith(`${first} `))
  const asked = group.length > 0 ? `${first} ${second ?? ''}`.trim() : first
  const near = group.length === 1 ? ` Did you mean '${group[0]}'?` : suggestion(asked, names)
  return new TapeloomError('cli.command', `[tapeloom] there is no command '${asked}'.${near || ' See tapeloom --help.'}`)
}
