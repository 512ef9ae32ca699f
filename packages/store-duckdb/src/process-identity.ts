import { readFileSync } from 'node:fs'

/**
 * Tells a process from a later one with the same number (containers restart with equal ones): boot and start time.
 * Undefined where the system does not say (no /proc), or when the process is gone or only waits to be reaped.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before may hold spaces and parentheses
    if (fields[0] === 'Z') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  } catch {
    return undefined
  }
}

/** Whether the process `pid`, which once had `identity`, still runs. */
export function stillRuns(pid: number, identity: string | undefined): boolean {
  if (identity !== undefined) return processIdentity(pid) === identity
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM' // it runs, as another user
  }
}
