import { TapeloomError } from '../error.ts'
import type { Plain } from '../module/state.ts'
import type { HostRecord } from '../ports/data-port.ts'
import type { Command, DeferredWork } from '../ports/participant.ts'
import type { Outcome } from './deferred-queue.ts'
import { encodePlain } from './plain-codec.ts'
import type { PlanChange } from './run-loop.ts'
import type { Session } from './session.ts'
import type { Overrun } from './time-budget.ts'

/**
 * A record of an earlier run at its place: a command, a fault by elapsed time, or a result, which is compared where it is
 * computed anew.
 * @throws TapeloomError `journal.plan journal.diverged`
 */
export async function recordedInput(
  session: Session, { kind, payload, sequence }: HostRecord, apply: (work: DeferredWork, outcome: Outcome) => void,
): Promise<void> {
  const { deferred, pendingCommands } = session
  if (kind === 'command') {
    const { command, atOnce, byHost } = payload as unknown as { command: Command | PlanChange; atOnce: boolean; byHost?: boolean }
    if (byHost) session.asked.shift() // given again just now
    if (command.kind === 'load' || command.kind === 'unload') throw new TapeloomError('journal.plan', `[journal] record ${sequence} says: ${command.kind} '${command.module}', which needs its code. Start with the modules that the run ended with, and a new database.`)
    pendingCommands.push(command as Command)
    if (atOnce) session.applyPending()
    return session.end()
  }
  if (kind === 'fault') return (session.fail(payload as unknown as Overrun), session.end())
  const { order, outcome } = payload as unknown as { order: number; outcome: Outcome }
  const done = await deferred.recorded(order, outcome)
  if (!done) throw diverged(sequence, 'is the answer to a question that was not asked again')
  const { record } = deferred.handler(done.work)
  const again: Outcome = 'ok' in done.outcome && record ? { ok: record(done.outcome.ok) } : done.outcome
  if (Buffer.compare(encodePlain(again as Plain), encodePlain(outcome as Plain)) !== 0) throw diverged(sequence, 'came out differently this time')
  apply(done.work, done.outcome)
}

const diverged = (sequence: number, what: string) =>
  new TapeloomError('journal.diverged', `[journal] record ${sequence} ${what}. Use the packages and machine that wrote it, or start a new database.`)
