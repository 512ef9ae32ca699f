import { storeLanes } from '@tapeloom/data'
import { fingerprint, TapeloomError, type LaneReader, type RebuildRequest, type Store } from '@tapeloom/core'
import { contentHash } from '../reference/content-hash.ts'
import { emptyTensors, fedTensors, rebuilding } from '../reference/frame-tensors.ts'
import { locateChanges, type Mismatch } from './locate-changes.ts'
import { referencePages, type StoredFrame } from '../reference/reference-pages.ts'

/** What re-resolving all references of a store found. */
export interface Verification {
  readonly references: number
  /** Resolve to the bytes that were served. */
  readonly verified: number
  /** Resolve to other bytes, or not at all though nothing says that their rows were let go. */
  readonly mismatched: number
  /** Their rows were let go, and their state says so. */
  readonly expired: number
  /** Resolve to other bytes, but were made on another Node version or processor, where bits may differ. */
  readonly foreign: number
  /** The row behind each mismatch, as far as it can be told: one that no verified reference saw. At most 1,000. */
  readonly mismatches: readonly Mismatch[]
}

/** Told after each page of references. */
export type VerifyProgress = (done: { readonly references: number; readonly mismatched: number }) => void

const MOST_MISMATCHES = 1000
/** `missing`: the series that lack rows. */
type Verdict = 'verified' | 'changed' | { readonly missing: ReadonlySet<string> }

/**
 * Rebuilds every stored reference from the store alone, without the run's configuration or models, and compares content
 * hashes. Rows are read in merged spans, references a page at a time.
 */
export async function verifyReferences(
  store: Store, { onProgress }: { readonly onProgress?: VerifyProgress } = {},
): Promise<Verification> {
  const lanes = await storeLanes(store)
  const found = { references: 0, verified: 0, mismatched: 0, expired: 0, foreign: 0 }
  const changed: StoredFrame[] = []
  const unproven = new Set<string>()
  let released: ReadonlySet<string> | undefined
  for await (const page of referencePages(store)) {
    const verdicts = await judge(lanes, page)
    for (const [i, frame] of page.entries()) {
      found.references++
      const verdict = verdicts[i]!
      if (verdict === 'verified') {
        found.verified++
        continue
      }
      unproven.add(frame.reference.id)
      const missing = verdict === 'changed' ? undefined : verdict.missing
      if (missing) released ??= await releasedReferences(store)
      if (missing && released?.has(frame.reference.id)) found.expired++
      else if (!missing && frame.fingerprint !== null && frame.fingerprint !== fingerprint) found.foreign++
      else if (++found.mismatched <= MOST_MISMATCHES) changed.push(suspicious(frame, missing))
    }
    onProgress?.(found)
  }
  const mismatches = changed.length > 0 ? await locateChanges(store, changed, unproven) : []
  return { ...found, mismatches }
}

/** Rebuilds a page at once; where that fails, halves of it, down to the references that cannot be rebuilt. */
async function judge(lanes: LaneReader, page: readonly StoredFrame[]): Promise<readonly Verdict[]> {
  const rebuilt = page.map(({ reference }) => ({ reference, tensors: emptyTensors(reference.inputs) }))
  const plan = () => rebuilt.map(({ reference, tensors }) => rebuilding(reference, reference.inputs, tensors))
  try {
    const plans = plan()
    await lanes.rebuild(plans.flatMap(({ requests }) => requests))
    for (const { finish } of plans) finish()
  } catch (error) {
    const isUnreadable = error instanceof TapeloomError && error.code === 'training.inputs'
    if (!isUnreadable && !(error instanceof TapeloomError && error.code.startsWith('data.'))) throw error
    if (page.length === 1) return isUnreadable ? ['changed'] : [{ missing: await seriesLacking(lanes, plan()[0]!.requests) }]
    const middle = page.length >> 1
    return [...(await judge(lanes, page.slice(0, middle))), ...(await judge(lanes, page.slice(middle)))]
  }
  return rebuilt.map(({ reference, tensors }): Verdict => {
    const hash = contentHash(reference.schemaHash, fedTensors(reference.inputs, tensors))
    return hash === reference.contentHash ? 'verified' : 'changed'
  })
}

async function seriesLacking(lanes: LaneReader, requests: readonly RebuildRequest[]): Promise<ReadonlySet<string>> {
  const series = new Set<string>()
  for (const request of requests) await lanes.rebuild([request]).catch(() => series.add(request.frame.series))
  return series
}

/** The reference with those lanes alone in which the change may be. */
const suspicious = ({ reference, fingerprint: made }: StoredFrame, missing: ReadonlySet<string> | undefined): StoredFrame => ({
  reference: { ...reference, lanes: reference.lanes.filter(({ series }) => missing?.has(series) ?? true) }, fingerprint: made,
})

/** References whose rows were let go by retention. */
async function releasedReferences(store: Store): Promise<ReadonlySet<string>> {
  const equals = { state: 'expired', reason: 'retention' }
  const { columns } = await store.read({ table: 'reference_states', columns: ['ref_id'], equals })
  return new Set(columns['ref_id'] as readonly string[])
}
