import { defineSource, instrument, type DataFeed, type Instrument, type MarketInput, type Source } from '@tapeloom/core'
import { manifest, type RecordedHost } from './recorded-host.ts'

export const BTC = instrument('BTC/USDT', { venue: 'x', tickSize: '0.01', lotSize: '0.001' })
export const ETH = instrument('ETH/USDT', { venue: 'x', tickSize: '0.01', lotSize: '0.001' })

/** A recording of these inputs, in batches; goes on after what it is told. */
export const recording = (
  inputs: readonly MarketInput[], options: { name?: string; instruments?: readonly Instrument[]; absentMeans?: 'gap' | 'empty'; batch?: number } = {},
): Source =>
  defineSource({
    name: options.name ?? 'tape',
    instruments: options.instruments ?? [BTC, ETH],
    ...(options.absentMeans && { absentMeans: options.absentMeans }),
    length: inputs.length,
    async *events({ after = 0 }) {
      const size = options.batch ?? 100
      for (let at = after; at < inputs.length; at += size) yield inputs.slice(at, at + size)
    },
  })

export const trade = (tsEvent: number, price: number, quantity = 1, extra: object = {}): MarketInput => ({
  kind: 'trade', symbol: 'BTC/USDT', tsEvent, price, quantity, aggressor: 'buy', ...extra,
})

export const minute = (index: number, close: number, extra: object = {}): MarketInput => ({
  kind: 'candle', symbol: 'BTC/USDT', timeframe: '1m', openTime: index * 60e6, tsEvent: (index + 1) * 60e6,
  open: close, high: close + 1, low: close - 1, close, volume: 1.5, ...extra,
})

/** Runs a feed until its sources end, a limit is reached, or so many inputs are done; takes host records as they come. */
export async function drive(feed: DataFeed, host: RecordedHost, options: { limit?: number; inputs?: number } = {}): Promise<void> {
  const { limit = Infinity, inputs = Infinity } = options
  const signal = new AbortController().signal
  for (;;) {
    const state = feed.advance(limit)
    if (state === 'recorded') {
      const { kind, sequence, payload } = feed.takeRecord()
      host.lines.push(`record ${kind} ${sequence} ${JSON.stringify(payload)}`)
      host.end()
    } else if (state === 'starved') await feed.fill(signal)
    else if (state !== 'turn') return
    if (host.sequence >= inputs) return
    await feed.pressure()
  }
}

/** Prepares and opens a feed; returns the snapshot it found. */
export async function opened(feed: DataFeed, seed = 1): Promise<Uint8Array | undefined> {
  await feed.prepare()
  return (await feed.open(manifest(seed))).snapshot
}
