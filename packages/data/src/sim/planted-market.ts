import { createRandom, defineModule, Orchestrator, wilson, type CandleValues, type Module, type Usable } from '@tapeloom/core'
import { DataProvider } from '../provider/data-provider.ts'
import { candleSource } from '../source/candle-source.ts'

const MINUTE_US = 60e6

/** A market whose minutes are foretold, and what runs on it. */
export interface PlantedMarketSpec {
  /** The share of minutes whose direction the lean before them tells; 0.5 is the null market. */
  readonly predictability: number
  readonly minutes: number
  /** 5 by default. */
  readonly seed?: number
  /** Modules that run beside the predictor, as `training`. */
  readonly beside?: readonly Usable[]
}

/** How a predictor did on a planted market. */
export interface PlantedScore {
  /** Share of its calls of a direction that came true: of the later half, of all on the null market. */
  readonly share: number
  /** Wilson's 95 % interval of `share`. */
  readonly interval: readonly [number, number]
  /** Calls of a direction, the first half included. */
  readonly calls: number
  readonly steps: number
  readonly faults: readonly string[]
  /** The share in a line. */
  readonly text: string
}

/** Minutes of a random walk, and a lean in [-1, 1] before each that tells its direction `predictability` of the time. */
export function plantedMinutes(count: number, predictability: number, seed = 5): { candles: CandleValues[]; leans: number[] } {
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

/** An orchestrator in which the predictor reads the lean of the next minute of BTC/USDT as `signal.lean`. */
export function plantedOrchestrator(predictor: Module, { predictability, minutes, seed, beside = [] }: PlantedMarketSpec): Orchestrator {
  const { candles, leans } = plantedMinutes(minutes, predictability, seed)
  const signal = defineModule({
    name: 'signal', version: '1.0.0', core: '^1.0.0', candles: ['1m'],
    features: { lean: { rev: 1, unit: 'score', range: [-1, 1], description: 'Foretells the next minute.' } },
    on: { 'candle:close': ({ openTime }, { features }) => void (features.lean = leans[openTime / MINUTE_US + 1] ?? NaN) },
  })
  const data = new DataProvider({ sources: [candleSource('BTC/USDT', '1m', candles)] })
  return new Orchestrator({ data, modules: [signal, predictor, ...beside] })
}

/** Runs the predictor over the market and scores its calls, each made before its minute began. */
export async function scoreOnPlantedMarket(predictor: Module, spec: PlantedMarketSpec): Promise<PlantedScore> {
  const orchestrator = plantedOrchestrator(predictor, spec)
  const [margins, hits, faults] = [new Map<string, number>(), [] as boolean[], [] as string[]]
  let steps = 0
  orchestrator.on('module:fault', ({ message }) => void faults.push(message))
  orchestrator.on('training:step', () => void steps++)
  orchestrator.on('prediction:made', ({ id, probabilities: { buy, sell } }) => void margins.set(id, buy - sell))
  orchestrator.on('prediction:resolved', ({ prediction, bps }) => {
    const margin = margins.get(prediction) ?? 0
    if (margin !== 0 && bps !== 0) hits.push(margin > 0 === bps > 0)
  })
  await orchestrator.run()
  await orchestrator.stop()
  const late = hits.slice(spec.predictability === 0.5 ? 0 : hits.length / 2)
  const right = late.filter(Boolean).length
  const [share, interval] = [right / late.length, wilson(right, late.length)]
  const text = `${predictor.name} at ${spec.predictability}: ${share.toFixed(3)} of ${late.length}, ${interval.map((x) => x.toFixed(3)).join(' to ')}`
  return { share, interval, calls: hits.length, steps, faults, text }
}
