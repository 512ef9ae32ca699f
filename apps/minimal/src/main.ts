import { Orchestrator } from '@tapeloom/core'
import { candleSource, DataProvider } from '@tapeloom/data'
import { pivot } from '@tapeloom/module-pivot'

const price = (i: number) => Math.round(60_000 + 2 * i + 400 * Math.sin(i / 9))
const candles = Array.from({ length: 240 }, (_, i) => {
  const [open, close] = [price(i), price(i + 1)]
  return { openTime: i * 60e6, open, high: Math.max(open, close) + 5, low: Math.min(open, close) - 5, close, volume: 1 }
})
const data = new DataProvider({ sources: [candleSource('BTC/USDT', '1m', candles)] })
const orchestrator = new Orchestrator({ data, modules: [pivot] })

orchestrator.on('pivot:confirm', ({ level, side, price, lagBars }) => console.log(level, side, price, lagBars))
await orchestrator.run()

const { values } = orchestrator.getFeatures('BTC/USDT')
console.log(values['pivot.l1Trend'], values['pivot.l3Trend'])
