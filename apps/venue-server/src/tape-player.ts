import { setTimeout as sleep } from 'node:timers/promises'
import type { Dialect } from './dialect.ts'
import type { Fault } from './faults.ts'
import type { TapeRecord } from './tape.ts'

/** What plays a tape. */
export interface PlayerParts {
  readonly tape: readonly TapeRecord[]
  readonly dialect: Dialect
  readonly speed: number
  readonly stallMs: number
  /** Sends a record to whom it concerns, or leaves it out. */
  send(record: TapeRecord, topic: string, isLeftOut: boolean): void
  /** Cuts all connections; with `halfOpen` the next one will get nothing. False when there is none to cut. */
  cut(halfOpen: boolean): boolean
}

/** When the playing of a tape begins: what was asked for before the first message is there at once. */
export const beginningOf = (tape: readonly TapeRecord[]): number => tape.find(({ kind }) => kind === 'message')?.atUs ?? 0

/** Records whose time has come are sent together; the thread is let go in between. */
const TURN_MS = 2

/** Plays one round of a tape by the clock, with its faults. */
export async function playTape(
  { tape, dialect, speed, stallMs, send, cut }: PlayerParts, faults: ReadonlyMap<number, Fault>, signal: AbortSignal,
): Promise<void> {
  const firstUs = beginningOf(tape)
  let startMs = performance.now()
  const owed: Fault[] = [] // a cut waits for a connection, and the tape for the cut
  for (let i = 0; i < tape.length && !signal.aborted; ) {
    const heldMs = performance.now()
    while (owed.length > 0 && !signal.aborted && !cut(owed[0] === 'halfOpen')) {
      await sleep(TURN_MS, undefined, { signal }).catch(() => undefined)
    }
    owed.shift()
    startMs += performance.now() - heldMs
    const reachedUs = firstUs + (performance.now() - startMs) * 1000 * speed
    for (; i < tape.length && tape[i]!.atUs <= reachedUs; i++) {
      const record = tape[i]!
      const fault = faults.get(i)
      dialect.follow(record)
      if (fault === 'stall') {
        await sleep(stallMs, undefined, { signal }).catch(() => undefined)
        startMs += stallMs
      }
      if (record.kind === 'message') send(record, dialect.topicOf(record), fault === 'gap')
      if (fault === 'disconnect' || fault === 'halfOpen') owed.push(fault)
      if (owed.length > 0 && cut(owed[0] === 'halfOpen')) owed.shift()
    }
    await sleep(TURN_MS, undefined, { signal }).catch(() => undefined)
  }
}
