import { cpus, loadavg } from 'node:os'

/** One figure of a benchmark beside its target. */
export interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: '×' | 'B' | 'ns'
  /** At most so much; absent: no target, for the picture only. */
  readonly target?: number
  readonly note?: string
}

/** CPU time of this process so far, ns: user and system, all threads. */
export function cpuNs(): number {
  const { user, system } = process.cpuUsage()
  return 1000 * (user + system)
}

/** The value below which the share `part` of the values lies. */
export function quantile(values: readonly number[], part = 0.5): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? NaN
}

/** Runs what is given in turn, so that what else the machine does hits all alike; ns per unit of work, each. */
export async function inTurns(
  contestants: readonly ((turn: number) => unknown)[],
  { units, warmUp = 10, turns = 60 }: { readonly units: number; readonly warmUp?: number; readonly turns?: number },
): Promise<readonly (readonly number[])[]> {
  const times = contestants.map(() => [] as number[])
  for (let turn = 0; turn < warmUp + turns; turn++) {
    for (const [i, run] of contestants.entries()) {
      const start = cpuNs()
      await run(turn)
      if (turn >= warmUp) times[i]?.push((cpuNs() - start) / units)
    }
  }
  return times
}

/** Median of the ratios of two contestants' times, turn by turn. */
export const ratioOf = (times: readonly number[], floor: readonly number[]): number =>
  quantile(times.map((time, i) => time / (floor[i] ?? NaN)))

/** Where and under what load it was measured. */
export const machine = () => ({ cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version, load: loadavg()[0] ?? NaN })

/** Hands the figures of this process to whoever started it, as a line of JSON. */
export function report(figures: readonly Figure[]): void {
  console.log(JSON.stringify({ machine: machine(), figures }))
}
