import { ConfigurableOrchestrator } from '@tapeloom/config'

const orchestrator = await ConfigurableOrchestrator.load('tapeloom.yaml')
orchestrator.observe('decision', 'lossless', ({ action, symbol, reason }) => console.log(action, symbol, reason))
const top = orchestrator.observe('book', 'latest', ({ symbol, bestBid, bestAsk }) => console.log(symbol, bestBid, bestAsk))
await orchestrator.run()
console.log(top.dropped)
