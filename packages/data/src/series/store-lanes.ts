import type { LaneReader, Store } from '@tapeloom/core'
import { CandleMirror } from './candle-mirror.ts'
import { FeatureMirror } from './feature-mirror.ts'
import { SeriesLaneReader } from './lane-reader.ts'

/** Rebuilds windows and rows from an opened store alone, without a run: what `verify` needs. It serves nothing. */
export async function storeLanes(store: Store): Promise<LaneReader> {
  const features = new FeatureMirror({ budgetBytes: 0 })
  const stored = await store.read({ table: 'layouts', columns: ['layout', 'column'], key: 'position' })
  const [layouts, names] = [stored.columns['layout'], stored.columns['column']] as readonly (readonly string[])[]
  const columns = new Map<string, string[]>()
  layouts?.forEach((layout, i) => {
    const list = columns.get(layout) ?? []
    list.push(names?.[i] ?? '')
    columns.set(layout, list)
  })
  for (const [layout, list] of columns) features.layout(layout, list)
  const candles = new CandleMirror({ budgetBytes: 0 })
  return new SeriesLaneReader({
    candles,
    features,
    store,
    symbols: [],
    asOf: () => NaN,
    settle: () => Promise.resolve(),
  })
}
