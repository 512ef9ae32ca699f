export { Ema, emaOf } from './ema.ts'
export { Sma, smaOf } from './sma.ts'
export { Vwap } from './vwap.ts'
