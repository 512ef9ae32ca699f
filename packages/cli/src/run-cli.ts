import { suggestion, TapeloomError } from '@tapeloom/core'
import pkg from '@tapeloom/cli/package.json' with { type: 'json' }
import { readArguments } from './command.ts'
import { commandList, type ListedCommand } from './command-list.ts'
import { describeError, exitCodeOf } from './exit-code.ts'
import { Terminal, type Surroundings } from './terminal.ts'

/**
 * Runs one command of the program, as `['replay', 'tapeloom.yaml', '--from', 'recorded']`.
 * @returns the exit code: 0 did it, 1 the run failed, 2 bad input; what went wrong stands on stderr
 */
export async function runCli(args: readonly string[], around: Surroundings = process): Promise<number> {
  const terminal = new Terminal(around, { isJson: args.includes('--json') })
  const isDebug = args.includes('--debug')
  try {
    return await dispatch(args, terminal)
  } catch (error) {
    for (const line of describeError(error).split('\n')) terminal.note(line.replace(/^\[[^\]]*\]/, (where) => terminal.styledNote('red', where)))
    if (isDebug) terminal.note(terminal.styledNote('dim', error instanceof Error ? (error.stack ?? error.message) : String(error)))
    return exitCodeOf(error)
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first, second] = args
  if (first === undefined) {
    for (const line of help()) terminal.note(line)
    return 2
  }
  if (['--help', '-h', 'help'].includes(first)) return tell(help(), terminal)
  if (['--version', '-v'].includes(first)) return tell([pkg.version], terminal)
  const listed = commandList.find(({ name }) => name === `${first} ${second}`) ?? commandList.find(({ name }) => name === first)
  if (!listed) throw unknownCommand(first, second)
  const command = await listed.load()
  const { values, positionals } = readArguments(command, args.slice(listed.name.split(' ').length), listed.usage)
  if (values['help'] === true) return tell([`Usage: tapeloom ${listed.usage}`, '', listed.summary], terminal)
  return command.run({ values, positionals, terminal })
}

function tell(lines: readonly string[], terminal: Terminal): number {
  for (const line of lines) terminal.print(line)
  return 0
}

function unknownCommand(first: string, second: string | undefined): TapeloomError {
  const names = commandList.map(({ name }) => name)
  const group = names.filter((name) => name.startsWith(`${first} `))
  const asked = group.length > 0 ? `${first} ${second ?? ''}`.trim() : first
  const near = group.length === 1 ? ` Did you mean '${group[0]}'?` : suggestion(asked, names)
  return new TapeloomError('cli.command', `[tapeloom] there is no command '${asked}'.${near || ' See tapeloom --help.'}`)
}

function help(): readonly string[] {
  const lines = commandList.flatMap(({ usage, summary }: ListedCommand) => [`  tapeloom ${usage}`, `      ${summary}`])
  return [
    'Weaves market data into features, predictions and decisions.', '', ...lines, '',
    'Everywhere: --json (one JSON value on stdout), --debug (where an error comes from), --help.',
    'Exit code: 0 did it, 1 the run failed, 2 bad input.',
  ]
}
