import { lane, Orchestrator, wilson } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { simulatedMarket } from '@tapeloom/data/sim'
import { cob } from '@tapeloom/module-cob'
import { training } from '@tapeloom/training'
import { dqn } from '../../module-dqn/src/index.ts'
import { createTransformer } from '../../module-transformer/src/index.ts'
import { cnn } from '../src/index.ts'

// The three predictors, learning at once (the transformer with fewer rows than its default) on a simulated market of two
// symbols: how often each was right about the next minute before it began. Arguments: share of minutes that the book foretells (0.6; 0.5: a null
// market), seed (1), duration (84h: 10,000 minutes).
const [predictability = '0.6', seed = '1', duration = '84h'] = process.argv.slice(2)
const market = simulatedMarket({
  symbols: ['BTC/USDT', 'ETH/USDT'], duration: duration as `${number}h`, predictability: Number(predictability), seed: Number(seed),
})
const transformer = createTransformer({ lanes: [lane('1m', 16), lane('5m', 8)] })
const modules = [cob, cnn, transformer, dqn, training]
const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [market] }), modules, boundary: '1m' })
const calls = new Map<string, { readonly module: string; readonly margin: number }>()
const hits: Record<string, boolean[]> = {}
const steps: Record<string, number> = {}
orchestrator.on('training:step', ({ model, step }) => void (steps[model] = step))
orchestrator.on('prediction:made', ({ id, module, probabilities: { buy, sell } }) => void calls.set(id, { module, margin: buy - sell }))
orchestrator.on('prediction:resolved', ({ prediction, bps }) => {
  const call = calls.get(prediction)
  calls.delete(prediction)
  if (call && call.margin !== 0 && bps !== 0) (hits[call.module] ??= []).push(call.margin > 0 === bps > 0)
})
const start = process.cpuUsage()
await orchestrator.run()
await orchestrator.stop()
const { user, system } = process.cpuUsage(start)
for (const [module, all] of Object.entries(hits)) {
  const rate = (part: readonly boolean[]) => {
    const right = part.filter(Boolean).length
    const [low, high] = wilson(right, part.length).map((share) => (100 * share).toFixed(1))
    return `${((100 * right) / part.length).toFixed(1)} % (95 %: ${low} to ${high}) of ${part.length}`
  }
  console.log(`${module}: all ${rate(all)}; second half ${rate(all.slice(all.length / 2))}; ${steps[module]} steps`)
}
console.log(`${((user + system) / 1e6).toFixed(0)} s of CPU time`)
