import type { Candle, FedTensor, InferenceFrame, LaneFrame, MarketSymbol, Prediction } from '@tapeloom/core'
import type { ReferenceInput } from './reference/inference-frame-reference.ts'

const MINUTE_US = 60e6

/** Inputs of a model for tests: some columns, `lanes` lanes of candles, the position, a mask each. */
export function fixtureInputs(lanes = 1): readonly ReferenceInput[] {
  const inputs: ReferenceInput[] = [
    { name: 'book', shape: [2], kind: 'columns' },
    { name: 'bookMask', shape: [2], kind: 'mask', of: 'book' },
  ]
  for (let i = 0; i < lanes; i++) {
    const lane = { timeframe: '1m', window: 60, of: 'candles', normalise: 'log' } as const
    inputs.push({ name: `lane${i}`, shape: [60, 5], kind: 'lane', lane })
  }
  return [
    ...inputs,
    { name: 'position', shape: [10], kind: 'extras' },
    { name: 'positionMask', shape: [10], kind: 'mask', of: 'position' },
  ]
}

/** The tensors of one inference of a fixture model, in order; numbers depend on `sequence` alone. */
export function fixtureTensors(inputs: readonly ReferenceInput[], sequence: number): readonly FedTensor[] {
  return inputs.map(({ name, shape, kind }) => {
    const size = shape.reduce((product, length) => product * length, 1)
    const value = (i: number): number => (kind === 'mask' ? Number(i % 3 !== 0) : Math.sin(sequence + i))
    return { name, shape, data: Float32Array.from({ length: size }, (_, i) => value(i)) }
  })
}

/** An inference at minute `sequence`, which predicts the candle `ahead` minutes on. */
export function fixtureFrame(
  spec: { readonly sequence: number; readonly symbol?: MarketSymbol; readonly version?: string; readonly ahead?: number; readonly taint?: readonly string[] },
  inputs: readonly ReferenceInput[] = fixtureInputs(),
): { readonly frame: InferenceFrame; readonly prediction: Prediction } {
  const { sequence, symbol = 'BTC/USDT', version = '0', ahead = 1, taint = [] } = spec
  const asOf = sequence * MINUTE_US
  const id = `local|scout@${version}|${symbol}|${sequence}`
  const openTime = asOf + (ahead - 1) * MINUTE_US
  const lanes = inputs.flatMap((input): InferenceFrame['lanes'] => {
    const range = { input: input.name, quality: 1, taint: [] as LaneFrame['taint'] }
    if (input.kind === 'columns') {
      const columns = ['cob.imbalance5', 'cob.spreadBps']
      return [{ ...range, columns, series: `local:${symbol}:features:abc`, start: asOf, end: asOf, count: 1, norm: [] }]
    }
    if (input.kind !== 'lane') return []
    const norm = [60_000 + sequence, 0.5, 2, 1.25].map(Math.fround)
    const [start, end] = [asOf - 60 * MINUTE_US, asOf - MINUTE_US]
    return [{ ...range, columns: [], series: `test:${symbol}:candle:1m`, start, end, count: 60, norm }]
  })
  const frame: InferenceFrame = {
    id, stream: 'local', model: 'scout', modelVersion: version, schemaHash: 'feed', symbol, sequence, asOf, lanes, taint,
    entry: fixtureCandle(asOf - MINUTE_US),
    target: { timeframe: '1m', openTime, closeTime: openTime + MINUTE_US, horizon: `${ahead}m` },
  }
  const probabilities = { buy: 0.5, hold: 0.3 + 1e-16 * sequence, sell: 0.2 }
  const prediction: Prediction = {
    id: `scout|${symbol}|${sequence}|${ahead}m`, symbol, module: 'scout', horizon: `${ahead}m`, probabilities,
    confidence: 0.5, asOf, version, reference: id,
  }
  return { frame, prediction }
}

/** A closed 1m candle. */
export const fixtureCandle = (openTime: number): Candle => ({
  venue: 'test', timeframe: '1m', openTime, closeTime: openTime + MINUTE_US, open: 100, high: 102, low: 99, close: 101,
  volume: 3, quoteVolume: 303, trades: 7, takerBuyVolume: 1, taint: [],
})
