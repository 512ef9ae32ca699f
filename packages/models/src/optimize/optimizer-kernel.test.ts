import { createRandom, type Plain } from '@tapeloom/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adamW, sgd, type AdamW, type Optimizer } from './optimizer.ts'
import { ParameterMemory } from './parameter-memory.ts'

const f = Math.fround
interface Moments {
  readonly weights: Float32Array
  readonly m: Float32Array
  readonly v: Float32Array
}

/**
 * AdamW as loops, every operation rounded to float32: float64 holds the exact product of two floats, and a sum, quotient
 * or root of floats computed in it rounds to the same float.
 */
function adamWReference(state: Moments, gradients: Float32Array, o: AdamW, step: number): void {
  let [power1, power2] = [1, 1]
  for (let i = 0; i < step; i++) [power1, power2] = [power1 * o.beta1, power2 * o.beta2]
  const scale = scaleOf(gradients, o)
  const [decay, rate] = [f(1 - o.learningRate * o.weightDecay), f(o.learningRate / (1 - power1))]
  const [rootBias, epsilon] = [f(1 / Math.sqrt(1 - power2)), f(o.epsilon)]
  gradients.forEach((raw, i) => {
    const g = f(scale * raw)
    const m = f(f(f(o.beta1) * state.m[i]!) + f(f(1 - o.beta1) * g))
    const v = f(f(f(o.beta2) * state.v[i]!) + f(f(f(1 - o.beta2) * g) * g))
    state.m[i] = m
    state.v[i] = v
    state.weights[i] = f(f(decay * state.weights[i]!) - f(f(rate * m) / f(f(rootBias * f(Math.sqrt(v))) + epsilon)))
  })
}
/** The kernel's order: four partial sums, lanes 0 and 1, then 2 and 3. */
function scaleOf(gradients: Float32Array, o: Optimizer): number {
  const lanes = [0, 0, 0, 0]
  gradients.forEach((g, i) => {
    lanes[i % 4]! += g * g
  })
  const norm = Math.sqrt(lanes[0]! + lanes[1]! + (lanes[2]! + lanes[3]!))
  return f(norm > o.clipNorm ? o.clipNorm / norm : 1)
}

const gradientsOf = (size: number, seed: number) => {
  const random = createRandom(seed, 'gradients')
  return Float32Array.from({ length: size }, () => random.normal() * 0.3)
}
const bits = (floats: Float32Array) => new Uint32Array(floats.slice().buffer)

test('the AdamW kernel equals its TypeScript reference bit for bit, over any size and 20 steps', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.integer(),
      fc.constantFrom(Infinity, 0.5),
      fc.constantFrom(0, 0.1),
      (size, seed, clipNorm, weightDecay) => {
        const optimizer = adamW({ learningRate: 0.01, clipNorm, weightDecay })
        const memory = new ParameterMemory(gradientsOf(size, seed + 1), optimizer, 'x')
        const state = { weights: memory.weights.slice(), m: new Float32Array(size), v: new Float32Array(size) }
        for (let step = 1; step <= 20; step++) {
          memory.gradients.set(gradientsOf(size, seed + step))
          expect(memory.update()).toBe(true)
          adamWReference(state, gradientsOf(size, seed + step), optimizer, step)
        }
        const { weights, m, v } = memory.snapshot()
        expect([bits(weights), bits(m), bits(v)]).toEqual([bits(state.weights), bits(state.m), bits(state.v)])
      },
    ),
    { numRuns: 60 },
  )
})

test('the SGD kernel equals its TypeScript reference bit for bit', () => {
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.8, weightDecay: 0.01, clipNorm: 1 })
  const memory = new ParameterMemory(gradientsOf(37, 1), optimizer, 'x')
  const [weights, m] = [memory.weights.slice(), new Float32Array(37)]
  for (let step = 0; step < 20; step++) {
    const gradients = gradientsOf(37, step)
    memory.gradients.set(gradients)
    memory.update()
    gradients.forEach((g, i) => {
      m[i] = f(f(f(0.8) * m[i]!) + f(scaleOf(gradients, optimizer) * g))
      weights[i] = f(f(f(1 - 0.05 * 0.01) * weights[i]!) - f(f(0.05) * m[i]))
    })
  }
  expect(bits(memory.weights)).toEqual(bits(weights))
})

test('a first AdamW step moves every weight by the learning rate against its gradient', () => {
  const memory = new ParameterMemory(new Float32Array(5), adamW({ learningRate: 0.01, weightDecay: 0 }), 'x')
  memory.gradients.set([1, -1, 1e-3, 50, -0.2])
  memory.update()
  ;[-0.01, 0.01, -0.01, -0.01, 0.01].forEach((expected, i) => expect(memory.weights[i]).toBeCloseTo(expected, 6))
})

test('clipping limits the norm of all gradients together', () => {
  const memory = new ParameterMemory(
    new Float32Array(2),
    sgd({ learningRate: 1 - 1e-9, momentum: 0, clipNorm: 1 }),
    'x',
  )
  memory.gradients.set([30, -40])
  memory.update()
  expect(memory.weights[0]).toBeCloseTo(-0.6, 6)
  expect(memory.weights[1]).toBeCloseTo(0.8, 6)
})

test.each([NaN, Infinity, -Infinity])('a gradient of %d changes nothing', (gradient) => {
  const memory = new ParameterMemory(gradientsOf(9, 4), adamW(), 'x')
  memory.gradients.fill(0.1)
  memory.update()
  const before = memory.snapshot()
  memory.gradients[7] = gradient
  expect(memory.update()).toBe(false)
  expect(memory.snapshot()).toEqual(before)
})

test('a schedule rises from 0, falls along half a cosine and stays at its floor', () => {
  const rateAt = (steps: number) => {
    const optimizer = sgd({ learningRate: 0.5, momentum: 0, schedule: { warmup: 4, decay: 12, floor: 0.1 } })
    const memory = new ParameterMemory(new Float32Array(1), optimizer, 'x')
    const taken: number[] = []
    for (let step = 0; step < steps; step++) {
      const before = memory.weights[0]!
      memory.gradients[0] = 1
      memory.update()
      taken.push((before - memory.weights[0]!) / 0.5)
    }
    return taken
  }
  const expected = [
    0.25,
    0.5,
    0.75,
    1,
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((i) => 0.1 + 0.45 * (1 + Math.cos((Math.PI * i) / 8))),
    0.1,
    0.1,
  ]
  rateAt(14).forEach((factor, i) => expect(factor).toBeCloseTo(expected[i]!, 5))
})

test.each([
  [() => adamW({ learningRate: 0 }), /learningRate is 0/],
  [() => adamW({ beta1: 1 }), /beta1 is 1/],
  [() => adamW({ beta2: -0.1 }), /beta2 is -0\.1/],
  [() => adamW({ epsilon: 0 }), /epsilon is 0/],
  [() => adamW({ weightDecay: NaN }), /weightDecay is NaN/],
  [() => sgd({ momentum: 1.5 }), /momentum is 1\.5/],
  [() => sgd({ clipNorm: 0 }), /clipNorm is 0/],
  [() => sgd({ schedule: { warmup: 1.5 } }), /schedule\.warmup is 1\.5/],
  [() => sgd({ schedule: { warmup: 5, decay: 5 } }), /schedule\.decay is 5/],
  [() => sgd({ schedule: { floor: 2 } }), /schedule\.floor is 2/],
])('a number out of its range is refused (%#)', (make, message) => expect(make).toThrow(message))

test('a snapshot of another model, or an incomplete one, is refused and changes nothing', () => {
  const memory = new ParameterMemory(gradientsOf(8, 1), adamW(), 'model a')
  const before = memory.snapshot()
  const bad: Plain[] = [
    null,
    3,
    { ...before, layout: 'model b' },
    { ...before, weights: new Float32Array(7) },
    { ...before, step: NaN },
    { ...before, v: [1, 2] },
  ]
  for (const state of bad) expect(() => memory.restore(state)).toThrow(/snapshot/)
  expect(memory.snapshot()).toEqual(before)
})

test('gradients too large for their squares change nothing, and what follows is learnt', () => {
  const memory = new ParameterMemory(Float32Array.of(1, 1, 1, 1), adamW({ learningRate: 0.1, weightDecay: 0 }), 'one')
  memory.gradients.fill(1e25)
  expect(memory.update()).toBe(false)
  memory.gradients.fill(1)
  expect(memory.update()).toBe(true)
  expect(memory.weights[0]).toBeCloseTo(0.9, 5)
})
