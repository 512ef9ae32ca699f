import pkg from '@tapeloom/cli/package.json' with { type: 'json' }
import { commandList, type ListedCommand } from './command-list.ts'
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
    const { describeError, exitCodeOf } = await import('./exit-code.ts')
    for (const line of describeError(error).split('\n')) terminal.mistake(line)
    if (isDebug) terminal.note(terminal.styledNote('dim', (error as Error).stack ?? String(error)))
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
  const { readArguments, unknownCommand } = await import('./command.ts') // help comes without them
  if (!listed) throw unknownCommand(first, second, commandList.map(({ name }) => name))
  const command = await listed.load()
  const { values, positionals } = readArguments(command, args.slice(listed.name.split(' ').length), listed.usage)
  if (values['help'] === true) return tell([`Usage: tapeloom ${listed.usage}`, '', listed.summary], terminal)
  return command.run({ values, positionals, terminal })
}

function tell(lines: readonly string[], terminal: Terminal): number {
  for (const line of lines) terminal.print(line)
  return 0
}

function help(): readonly string[] {
  const lines = commandList.flatMap(({ usage, summary }: ListedCommand) => [`  tapeloom ${usage}`, `      ${summary}`])
  return [
    'Weaves market data into features, predictions and decisions.', '', ...lines, '',
    'Everywhere: --json (one JSON value on stdout), --debug (where an error comes from), --help.',
    'Exit code: 0 did it, 1 the run failed, 2 bad input.',
  ]
}
