import { createRandom, defineModule, Orchestrator, wilson, type CandleValues, type Module, type Usable } from '@tapeloom/core'
import { candleSource, DataProvider } from '@tapeloom/data'

const MINUTE_US = 60e6

/** Minutes of a random walk, and a lean before each that foretells its direction `predictability` of the time. */
function plantedMinutes(count: number, predictability: number, seed: number) {
  const [random, candles, leans] = [createRandom(seed, 'planted'), [] as CandleValues[], [] as number[]]
  let open = 60_000
  for (let i = 0; i < count; i++) {
    const lean = (0.2 + 0.8 * random.next()) * (random.next() < 0.5 ? 1 : -1)
    const bps = 5 * Math.abs(random.normal()) * Math.sign(lean) * (random.next() < predictability ? 1 : -1)
    const close = Math.round(open * Math.exp(bps / 1e4) * 100) / 100
    const [high, low] = [Math.max(open, close) + 3, Math.min(open, close) - 3]
    candles.push({ openTime: i * MINUTE_US, open, high, low, close, volume: 1 + random.next() })
    leans.push(lean)
    open = close
  }
  return { candles, leans }
}

interface MarketSpec {
  readonly predictability: number
  readonly minutes: number
  readonly beside?: readonly Usable[]
}

/** A predictor of `signal.lean` over such a market. */
export function orchestratorOf(predictor: Module, { predictability, minutes, beside = [] }: MarketSpec): Orchestrator {
  const { candles, leans } = plantedMinutes(minutes, predictability, 5)
  const signal = defineModule({
    name: 'signal', version: '1.0.0', core: '^1.0.0', candles: ['1m'],
    features: { lean: { rev: 1, unit: 'score', range: [-1, 1], description: 'Foretells the next minute.' } },
    on: { 'candle:close': ({ openTime }, { features }) => void (features.lean = leans[openTime / MINUTE_US + 1] ?? NaN) },
  })
  const data = new DataProvider({ sources: [candleSource('BTC/USDT', '1m', candles)] })
  return new Orchestrator({ data, modules: [signal, predictor, ...beside] })
}

/** Scores its calls, each made before its minute began: the second half, and all where nothing was planted. */
export async function callsOn(predictor: Module, spec: MarketSpec) {
  const { predictability } = spec
  const orchestrator = orchestratorOf(predictor, spec)
  const [margins, hits, faults] = [new Map<string, number>(), [] as boolean[], [] as string[]]
  let steps = 0
  orchestrator.on('module:fault', ({ message }) => void faults.push(message))
  orchestrator.on('training:step', () => void steps++)
  orchestrator.on('prediction:made', ({ id, probabilities: { buy, sell } }) => void margins.set(id, buy - sell))
  orchestrator.on('prediction:resolved', ({ prediction, bps }) => {
    const margin = margins.get(prediction) ?? 0
    if (margin !== 0 && bps !== 0) hits.push(margin > 0 === bps > 0)
  })
  const report = await orchestrator.run()
  await orchestrator.stop()
  const late = hits.slice(predictability === 0.5 ? 0 : hits.length / 2)
  const right = late.filter(Boolean).length
  const [share, interval] = [right / late.length, wilson(right, late.length)]
  const text = `${predictor.name} at ${predictability}: ${share.toFixed(3)} of ${late.length}, ${interval.map((x) => x.toFixed(3)).join(' to ')}`
  return { text, share, interval, calls: hits.length, faults, steps, report }
}
