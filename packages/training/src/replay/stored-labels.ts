import { timeframeUs, type AnyDefinition, type Candle, type MarketSymbol, type Store, type TaintReason, type Timeframe } from '@tapeloom/core'
import type { InferenceFrameReference } from '../reference/inference-frame-reference.ts'
import { referencePages } from '../reference/reference-pages.ts'
import type { PlainTargets } from '../step/queued-sample.ts'
import type { TradableLabel } from './label.ts'

/**
 * Labels the stored references of a model by what has come of them since, as its own `labels.candle` says, with candles
 * as they are known by now. References whose target is not stored yet have none.
 */
export async function storedLabels(store: Store, definition: AnyDefinition, id: string = definition.name): Promise<readonly TradableLabel[]> {
  const { labels, target } = definition.model ?? {}
  if (!labels?.candle || !target) return []
  const found: TradableLabel[] = []
  for await (const page of referencePages(store)) {
    const references = page.map(({ reference }) => reference).filter(({ model }) => model === id)
    const candles = await candlesOf(store, references, target.timeframe)
    for (const reference of references) {
      const { symbol, entry, target: { openTime, closeTime }, prediction, asOf } = reference
      const known = candles.get(`${symbol}|${target.timeframe}`)
      const [first, last] = [entry && candles.get(`${symbol}|${entry.timeframe}`)?.get(entry.openTime), known?.get(openTime)]
      if (!first || !last) continue
      const lengthUs = timeframeUs(target.timeframe)
      const path = Array.from({ length: target.ahead }, (_, i) => known?.get(openTime - (target.ahead - 1 - i) * lengthUs))
      if (path.some((candle) => candle === undefined)) continue
      const targets = labels.candle({ target: last, entry: first, path: path as Candle[], prediction })
      const isTainted = reference.taint.length > 0 || last.taint.some((reason) => reason !== 'empty')
      if (targets) found.push({ kind: 'tradable', reference, targets: targets as PlainTargets, knownAt: Math.max(closeTime, asOf), isTainted })
    }
  }
  return found
}

/** The candles that a page of references begins and ends with, by series and open time. */
async function candlesOf(
  store: Store, references: readonly InferenceFrameReference[], timeframe: Timeframe,
): Promise<ReadonlyMap<string, ReadonlyMap<number, Candle>>> {
  const spans = new Map<string, { symbol: MarketSymbol; timeframe: Timeframe; from: number; to: number }>()
  const widen = (symbol: MarketSymbol, of: Timeframe, from: number, to: number) => {
    const key = `${symbol}|${of}`
    const span = spans.get(key) ?? { symbol, timeframe: of, from, to }
    spans.set(key, { ...span, from: Math.min(span.from, from), to: Math.max(span.to, to) })
  }
  for (const { symbol, entry, asOf, target } of references) {
    widen(symbol, timeframe, Math.min(asOf, target.openTime), target.closeTime)
    if (entry) widen(symbol, entry.timeframe, entry.openTime, entry.openTime + 1)
  }
  const found = new Map<string, ReadonlyMap<number, Candle>>()
  for (const [key, span] of spans) found.set(key, await readCandles(store, span))
  return found
}

async function readCandles(
  store: Store, { symbol, timeframe, from, to }: { readonly symbol: MarketSymbol; readonly timeframe: Timeframe; readonly from: number; readonly to: number },
): Promise<ReadonlyMap<number, Candle>> {
  const columns = ['venue', 'open_time', 'open', 'high', 'low', 'close', 'volume', 'quote_volume', 'trades', 'taker_buy', 'taint']
  const rows = await store.read({ table: `ohlcv_${timeframe}`, columns, equals: { symbol }, key: 'open_time', from, to })
  const number = (name: string, i: number) => (rows.columns[name] as Float64Array)[i]!
  const text = (name: string, i: number) => (rows.columns[name] as readonly (string | null)[])[i]
  const lengthUs = timeframeUs(timeframe)
  return new Map(Array.from({ length: rows.length }, (_, i) => {
    const openTime = number('open_time', i)
    return [openTime, {
      venue: text('venue', i) ?? '', timeframe, openTime, closeTime: openTime + lengthUs,
      open: number('open', i), high: number('high', i), low: number('low', i), close: number('close', i),
      volume: number('volume', i), quoteVolume: number('quote_volume', i), trades: number('trades', i),
      takerBuyVolume: number('taker_buy', i), taint: JSON.parse(text('taint', i) ?? '[]') as TaintReason[],
    }] as const
  }))
}
