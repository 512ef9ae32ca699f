import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { planted } from './planted.ts'

const nodePackage = { linux: 'node-linux', darwin: 'node-bin-darwin', win32: 'node-win' }[process.platform as 'linux']
const installed = `node_modules/${nodePackage}-${process.arch}`
const entry = `
process.on('SIGTERM', () => { console.log('ending'); process.exit(7) })
const [what] = process.argv.slice(2)
if (what === 'wait') { setInterval(() => {}, 1000); console.log('waiting') }
else if (what === 'die') process.kill(process.pid, 'SIGKILL')
else console.log(JSON.stringify({ args: process.argv.slice(2), flags: process.execArgv }))
process.exitCode = 5
`

/** A fresh clone without node_modules, whose `npx` installs the Node given (or fails). */
function clone(version: string | undefined) {
  const npx = [
    '#!/bin/sh',
    'echo "$@" >> calls.txt',
    ...(version === undefined ? ['echo "no network" >&2', 'exit 3'] : [`mkdir -p node_modules && cp -RP prepared ${installed}`]),
  ]
  const repository = planted({
    'package.json': { packageManager: 'pnpm@0.0.0-test' },
    'pnpm-lock.yaml': '',
    'pnpm-workspace.yaml': '',
    '.pnpmfile.mjs': '',
    'entry.ts': entry,
    'bin/npx': `${npx.join('\n')}\n`,
    'prepared/package.json': { version },
  })
  chmodSync(join(repository.root, 'bin/npx'), 0o755)
  mkdirSync(join(repository.root, 'prepared/bin'))
  symlinkSync(process.execPath, join(repository.root, 'prepared/bin/node'))
  cpSync(resolve(import.meta.dirname, 'bootstrap.mjs'), join(repository.root, 'scripts/bootstrap.mjs'))
  return repository
}

function bootstrap(root: string, parameters: readonly string[], onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void) {
  return new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>((done) => {
    const env = { ...process.env, PATH: [join(root, 'bin'), process.env['PATH']].join(delimiter) }
    const child = spawn(process.execPath, ['scripts/bootstrap.mjs', ...parameters], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (text) => {
      stdout += String(text)
      onOutput?.(stdout, (signal) => child.kill(signal))
    })
    child.stderr.on('data', (text) => (stderr += String(text)))
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }))
  })
}

test.skipIf(process.platform === 'win32')('a tree that pnpm installed from the same lockfile is not installed again', async () => {
  using repository = clone(undefined)
  const [from, to] = [join(repository.root, 'prepared'), join(repository.root, installed)]
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
  mkdirSync(join(repository.root, 'node_modules/.pnpm'))
  writeFileSync(join(to, 'package.json'), '{ "version": "24.21.0" }')
  writeFileSync(join(repository.root, 'node_modules/.pnpm/lock.yaml'), 'older')
  expect(await bootstrap(repository.root, ['entry.ts'])).toMatchObject({ code: 1 })
  writeFileSync(join(repository.root, 'node_modules/.pnpm/lock.yaml'), '')
  expect(await bootstrap(repository.root, ['entry.ts'])).toMatchObject({ code: 5, stderr: '' })
})

test.skipIf(process.platform === 'win32')('a fresh clone installs once, on stderr, and hands on arguments and exit code', async () => {
  using repository = clone('24.21.0')
  const first = await bootstrap(repository.root, ['entry.ts', 'a', 'b c', '--json'])
  const expected = { args: ['a', 'b c', '--json'], flags: ['--conditions=@tapeloom/source'] }
  expect(first).toMatchObject({ code: 5, signal: null, stdout: `${JSON.stringify(expected)}\n` })
  expect(first.stderr).toMatch(/^tapeloom: installing what is missing.*\ntapeloom: installed in \d+ s\n$/)
  const second = await bootstrap(repository.root, ['entry.ts'])
  expect(second).toMatchObject({ code: 5, stderr: '' })
})

test.skipIf(process.platform === 'win32')('signals reach the program, and its death by a signal is passed on', async () => {
  using repository = clone('24.21.0')
  const ended = await bootstrap(repository.root, ['entry.ts', 'wait'], (text, kill) => text === 'waiting\n' && kill('SIGTERM'))
  expect(ended).toMatchObject({ code: 7, stdout: 'waiting\nending\n' })
  expect(await bootstrap(repository.root, ['entry.ts', 'die'])).toMatchObject({ code: null, signal: 'SIGKILL' })
})

test.skipIf(process.platform === 'win32')('a program started by npm ends when the shell between them is killed', async () => {
  using repository = clone('24.21.0')
  await bootstrap(repository.root, ['entry.ts'])
  const command = `"${process.execPath}" scripts/bootstrap.mjs entry.ts wait; true`
  const env = { ...process.env, npm_lifecycle_event: 'start' }
  const shell = spawn('sh', ['-c', command], { cwd: repository.root, env, stdio: ['ignore', 'pipe', 'ignore'] })
  let stdout = ''
  shell.stdout.on('data', (text) => {
    stdout += String(text)
    if (stdout === 'waiting\n') shell.kill('SIGKILL')
  })
  await once(shell, 'close') // when the last process that holds the pipe has ended
  expect(stdout).toBe('waiting\nending\n')
})

test.skipIf(process.platform === 'win32')('an old Node, a failed install and a missing entry are errors that say what to do', async () => {
  using old = clone('20.1.0')
  const tooOld = await bootstrap(old.root, ['entry.ts'])
  expect(tooOld).toMatchObject({ code: 1, stdout: '' })
  expect(tooOld.stderr).toMatch(/\[node\] Node >= 22\.18 is needed, found "20\.1\.0" at .*\. Remove node_modules/)
  using broken = clone(undefined)
  const failed = await bootstrap(broken.root, ['entry.ts'])
  expect(failed).toMatchObject({ code: 1, stdout: '' })
  expect(failed.stderr).toContain('no network')
  expect(failed.stderr).toContain('[install] "pnpm@0.0.0-test install" ended with code 3.')
  const missing = await bootstrap(broken.root, ['nothing.ts'])
  expect(missing).toMatchObject({ code: 1, stderr: '[bootstrap] "nothing.ts" does not exist. Check the path of the entry.\n' })
})
