import { EventEmitter } from 'eventemitter3'
import { BODIES, FEATURES, handlerOf, SLOTS, weightedSum, type Tape } from './module-bodies.ts'

/** Runs the tape from one event to another; returns how often it decided to act. */
export type Contestant = (from: number, to: number) => number

type Features = Record<string, number>
interface Context {
  readonly state: { readonly S: Float64Array }
  readonly features: Features
}

/** A class of its own a module: the shape that V8 likes best. */
const shapes = BODIES.map(() => new Function(`return class { constructor() { ${Array.from({ length: FEATURES }, (_, j) => `this.f${j} = 0.5`).join('; ')} } }`)() as new () => Features)
const contextsOf = (): readonly Context[] => shapes.map((Shape) => ({ state: { S: new Float64Array(SLOTS) }, features: new Shape() }))
const sum = new Function('c', 'w', `return ${weightedSum((i) => `c[${Math.floor(i / FEATURES)}].features.f${i % FEATURES}`)}`) as
  (contexts: readonly Context[], weights: Float64Array) => number

function tradeOf(tape: Tape, slot: number, sequence: number) {
  const time = tape.tsInit[slot] as number
  return {
    symbol: 'S/USDT', venue: 'bench', origin: 'bench', sequence, tsEvent: time, tsInit: time, id: '',
    price: tape.price[slot] as number, quantity: tape.quantity[slot] as number, aggressor: tape.bought[slot] === 1 ? 'buy' : 'sell',
  }
}

/** A fresh object an event, a loop over the modules, each isolated. */
export function objectsAndLoop(tape: Tape, symbols: number, weights: Float64Array): Contestant {
  const handlers = BODIES.map(handlerOf)
  const contexts = Array.from({ length: symbols }, contextsOf)
  return (from, to) => {
    let decisions = 0
    for (let i = from; i < to; i++) {
      const slot = i & (tape.price.length - 1)
      const own = contexts[tape.symbol[slot] as number] as readonly Context[]
      const event = tradeOf(tape, slot, i)
      for (let k = 0; k < handlers.length; k++) {
        try {
          handlers[k]?.(event, own[k] as Context)
        } catch (error) {
          console.error(error)
        }
      }
      if (sum(own, weights) > 0) decisions++
    }
    return decisions
  }
}

/** The usual design: eventemitter3, an arrow listener a module, a fresh object an event. */
export function emitterAndObjects(tape: Tape, symbols: number, weights: Float64Array): Contestant {
  const handlers = BODIES.map(handlerOf)
  const contexts = Array.from({ length: symbols }, contextsOf)
  const emitters = contexts.map((own) => {
    const emitter = new EventEmitter()
    for (const [k, handler] of handlers.entries()) emitter.on('trade', (event: object) => handler(event, own[k] as Context))
    return emitter
  })
  return (from, to) => {
    let decisions = 0
    for (let i = from; i < to; i++) {
      const slot = i & (tape.price.length - 1)
      const index = tape.symbol[slot] as number
      emitters[index]?.emit('trade', tradeOf(tape, slot, i))
      if (sum(contexts[index] as readonly Context[], weights) > 0) decisions++
    }
    return decisions
  }
}
