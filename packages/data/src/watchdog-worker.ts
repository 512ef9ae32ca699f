import { mkdirSync, writeFileSync, writeSync } from 'node:fs'
import { Session } from 'node:inspector'
import { dirname } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { WatchdogOrder } from './provider/watchdog.ts'

/** Looks within the time after which a module counts as hung: a machine that slept misses looks, not only time. */
const LOOKS = 20
/** How long a process that was told to end may take before it is killed. */
const END_MS = 2000

const { stamp, afterMs, marker } = workerData as WatchdogOrder
let modules: readonly string[] = []
let [sequence, place, seen] = [NaN, 0, 0]

parentPort?.on('message', (names: readonly string[]) => void (modules = names))
const looking = setInterval(look, Math.max(1, afterMs / LOOKS))

function look(): void {
  const [now, at] = [stamp[0] ?? 0, stamp[3] ?? 0]
  seen = at !== 0 && now === sequence && at === place ? seen + 1 : 0
  ;[sequence, place] = [now, at]
  if (seen >= LOOKS) end(modules[Math.trunc(at) - 1] ?? `module ${at}`)
}

function end(module: string): void {
  clearInterval(looking)
  if (marker !== undefined) {
    mkdirSync(dirname(marker), { recursive: true })
    writeFileSync(marker, JSON.stringify({ module, sequence }))
  }
  const remedy = marker === undefined ? 'Take it out, or mend it' : 'It is disabled at the next start'
  writeSync(2, `[module ${module}] never returned from input ${sequence} within ${afterMs / 1000} s: the process ends. ${remedy}.\n`)
  // The main thread runs no event loop any more; only its debugger can make it run the hooks of an ordinary exit.
  const session = new Session()
  session.connectToMainThread()
  session.post('Runtime.evaluate', { expression: 'process.exit(1)' })
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), END_MS)
}
