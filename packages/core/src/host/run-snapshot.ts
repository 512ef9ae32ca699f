import { TapeloomError } from '../error.ts'
import type { Plain } from '../module/state.ts'
import type { Command } from '../ports/participant.ts'
import { decodePlain, encodePlain } from './plain-codec.ts'
import type { Session } from './session.ts'
import { sha256 } from './sha256.ts'

/** All state, cut between two inputs: checksummed bytes. */
export async function snapshotOf(s: Session): Promise<Uint8Array> {
  const deferred = await s.deferred.snapshot() // first: work that a recovery left unstarted changes what trainers say of themselves
  const participants: Record<string, Plain> = {}
  for (const [id, participant] of s.participants) participants[id] = await participant.snapshot()
  const body = encodePlain({
    version: 1, layoutId: s.modules.rows.layout.layoutId, stamp: s.stamp.slice(0, 3), feed: s.feed.snapshot(),
    modules: s.modules.snapshot(), decisions: s.decisions.snapshot(), networks: s.networks.snapshot(),
    deferred, digest: s.digested.snapshot(), participants,
    prices: s.prices.slice(), priceTimes: s.priceTimes.slice(), silences: s.silences,
    pendingCommands: s.pendingCommands as unknown as Plain, pendingSwaps: s.pendingSwaps as unknown as Plain,
  })
  return Buffer.concat([sha256().update(body).digest(), body])
}

/** @throws TapeloomError `snapshot.checksum snapshot.version snapshot.layout` */
export async function restoreInto(s: Session, bytes: Uint8Array): Promise<void> {
  const body = bytes.subarray(32)
  if (Buffer.compare(sha256().update(body).digest(), bytes.subarray(0, 32)) !== 0) throw new TapeloomError('snapshot.checksum', '[snapshot] its checksum does not fit. Use an older one.')
  const saved = decodePlain(body) as unknown as Saved
  if (saved.version !== 1) throw new TapeloomError('snapshot.version', `[snapshot] is of version ${saved.version}, this core reads 1. Use the release that made it.`)
  if (saved.layoutId !== s.modules.rows.layout.layoutId) throw new TapeloomError('snapshot.layout', `[snapshot] has columns ${saved.layoutId}, these modules make ${s.modules.rows.layout.layoutId}. Load the same modules and options.`)
  for (const part of ['stamp', 'prices', 'priceTimes'] as const) s[part].set(saved[part])
  for (const part of ['feed', 'modules', 'decisions', 'networks'] as const) s[part].restore(saved[part])
  s.silences = [...saved.silences]
  for (const [id, participant] of s.participants) if (saved.participants[id] !== undefined) await participant.restore(saved.participants[id])
  s.deferred.restore(saved.deferred)
  s.pendingCommands.splice(0, Infinity, ...saved.pendingCommands)
  s.pendingSwaps.splice(0, Infinity, ...saved.pendingSwaps)
  s.digested.restore(saved.digest)
}

interface Saved {
  readonly version: number
  readonly layoutId: string
  readonly stamp: Float64Array
  readonly prices: Float64Array
  readonly priceTimes: Float64Array
  readonly silences: readonly string[]
  readonly feed: Plain
  readonly modules: Plain
  readonly decisions: Plain
  readonly networks: Plain
  readonly deferred: Plain
  readonly digest: { readonly link: Uint8Array; readonly block: Uint8Array }
  readonly participants: Readonly<Record<string, Plain>>
  readonly pendingCommands: readonly Command[]
  readonly pendingSwaps: Session['pendingSwaps']
}
