import { defineModule, type Module } from '@tapeloom/core'

/** Features of each of the nine modules. */
export const FEATURES = 8
/** Slots of state of each. */
export const SLOTS = 16

/**
 * Nine different calculations over trades. P price, Q quantity, B aggressor (±1), T time in s; S[j] state, F(j) a
 * feature. The same text becomes a module's handler and a part of the fused loop, so both compute the same.
 */
export const BODIES: readonly string[] = [
  ewma([0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002], 'P'),
  ewma([0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002], 'B * Q'),
  lines((j) => `{ const d = P - S[${j}]; S[${j}] += ${1 / (4 + 4 * j)} * d; S[${j + 8}] = ${1 - 1 / (4 + 4 * j)} * (S[${j + 8}] + ${1 / (4 + 4 * j)} * d * d); F(${j}, Math.sqrt(S[${j + 8}])) }`),
  lines((j) => `{ const g = Math.max(0, T - S[0]); S[${j + 1}] = S[${j + 1}] * Math.exp(-g / ${1 + 3 * j}) + Q; F(${j}, S[${j + 1}]) }`) + '; S[0] = T',
  lines((j) => `S[${j}] = B > 0 ? S[${j}] * ${1 - 0.1 / (j + 1)} + Q : S[${j}] * ${1 - 0.1 / (j + 1)}; F(${j}, S[${j}] / (1 + S[${j}]))`),
  lines((j) => `{ const r = P - S[${j + 8}]; if (Math.abs(r) > ${0.5 * (j + 1)}) { S[${j}] = r > 0 ? 1 : -1; S[${j + 8}] = P } F(${j}, S[${j}] * Math.abs(r)) }`),
  lines((j) => `S[${j}] = Math.max(S[${j}] - ${0.01 * (j + 1)}, P); S[${j + 8}] = Math.min(S[${j + 8}] + ${0.01 * (j + 1)}, P || S[${j + 8}]); F(${j}, (P - S[${j + 8}]) / (1e-9 + S[${j}] - S[${j + 8}]))`),
  lines((j) => `{ const v = P * Q; S[${j}] += ${1 / (8 + 8 * j)} * (v - S[${j}]); S[${j + 8}] += ${1 / (8 + 8 * j)} * (Q - S[${j + 8}]); F(${j}, P - S[${j}] / (S[${j + 8}] + 1e-9)) }`),
  lines((j) => `{ const x = B * Math.log(1 + Q); S[${j}] = ${(0.9 - 0.1 * j).toFixed(1)} * S[${j}] + x; F(${j}, S[${j}] * S[${(j + 1) % 8}] * 0.01) }`),
]

function lines(of: (j: number) => string): string {
  return Array.from({ length: FEATURES }, (_, j) => of(j)).join('; ')
}
function ewma(alphas: readonly number[], value: string): string {
  return `const x = ${value}; ${lines((j) => `S[${j}] += ${alphas[j]} * (x - S[${j}]); F(${j}, S[${j}])`)}`
}

const READS = { P: 'event.price', Q: 'event.quantity', B: 'event.aggressor === "buy" ? 1 : -1', T: 'event.tsInit * 1e-6' }
/** What a calculation uses of the event, and no more: as an author writes it. */
const readsOf = (body: string) =>
  Object.entries(READS).map(([name, value]) => (new RegExp(`\\b${name}\\b`).test(body) ? `const ${name} = ${value}; ` : '')).join('')
const asStore = (body: string) => body.replaceAll(/F\((\d), ([^;}]+)\)(?=\s*[;}]|$)/g, 'features.f$1 = $2')

export type Handler = (event: object, ctx: object) => void

/** A handler of a module, compiled anew, so that no contestant shares V8's feedback with another. */
export const handlerOf = (body: string): Handler =>
  new Function('event', 'ctx', `const { state: { S }, features } = ctx; ${readsOf(body)}${asStore(body)}\n//# sourceURL=module${BODIES.indexOf(body)}`) as Handler

/** The nine calculations as modules. */
export const modules: readonly Module[] = BODIES.map((body, k) => {
  const handler = handlerOf(body)
  const feature = { rev: 1, unit: 'score', range: [-1e12, 1e12], description: 'A value to compute.' } as const
  return defineModule({
    name: `bench${k}`, version: '1.0.0', core: '^1.0.0',
    features: Object.fromEntries(Array.from({ length: FEATURES }, (_, j) => [`f${j}`, feature])),
    state: () => ({ S: new Float64Array(SLOTS) }),
    on: { trade: handler as never },
  }) as Module
})

/** A trade tape as plain arrays, as a hand-fused loop would read it. */
export interface Tape {
  readonly symbol: Uint16Array
  readonly price: Float64Array
  readonly quantity: Float64Array
  readonly bought: Uint8Array
  readonly tsInit: Float64Array
}
/** The text of the decision's sum: nine modules' scores, so that no contestant waits for one long chain of additions. */
export const weightedSum = (feature: (i: number) => string): string =>
  BODIES.map((_, k) => `(${Array.from({ length: FEATURES }, (_, j) => `w[${k * FEATURES + j}] * ${feature(k * FEATURES + j)}`).join(' + ')})`).join(' + ')

export type Fused = (tape: Tape, states: readonly Float64Array[][], weights: Float64Array, from: number, to: number) => number

/** All nine fused into one loop, features in registers, a weighted sum of them decided on: the floor. */
export const fused: Fused = (() => {
  const parts = BODIES.map((body, k) => {
    const local = body.replaceAll(/F\((\d), ([^;}]+)\)(?=\s*[;}]|$)/g, (_, j: string, value: string) => `v${Number(j) + k * FEATURES} = ${value}`)
    return `{ const S = all[${k}]; ${local} }`
  })
  const count = BODIES.length * FEATURES
  const names = Array.from({ length: count }, (_, i) => `v${i}`)
  const sum = weightedSum((i) => `v${i}`)
  const code = `
    let decisions = 0
    for (let i = from; i < to; i++) {
      const slot = i & mask, all = states[tape.symbol[slot]]
      const P = tape.price[slot], Q = tape.quantity[slot], B = tape.bought[slot] === 1 ? 1 : -1, T = tape.tsInit[slot] * 1e-6
      let ${names.join(', ')}
      ${parts.join('\n')}
      if (${sum} > 0) decisions++
    }
    return decisions`
  return new Function('tape', 'states', 'w', 'from', 'to', `const mask = tape.price.length - 1; ${code}`) as Fused
})()
export const COLUMNS = BODIES.length * FEATURES

/** Weights that cancel within each module, so that the decision is about changes, and comes out either way. */
export const weights = (() => {
  const raw = Array.from({ length: COLUMNS }, (_, i) => ((i * 37) % 19) - 9)
  const mean = (k: number) => raw.slice(k * FEATURES, (k + 1) * FEATURES).reduce((sum, value) => sum + value, 0) / FEATURES
  return Float64Array.from(raw, (value, i) => value - mean(Math.floor(i / FEATURES)))
})()
