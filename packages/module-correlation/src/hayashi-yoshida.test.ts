import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hayashiYoshida, hayashiYoshidaRatio, leadLag, realisedVariance, ticksOf, type Ticks } from './hayashi-yoshida.ts'
import { addTick, createTicks, ticksSince } from './tick-ring.ts'

/** All pairs of steps, one by one. */
function oracle(asset: Ticks, reference: Ticks, shiftUs = 0): number {
  const steps = ({ times, values, from, to }: Ticks, by: number) =>
    Array.from({ length: to - from - 1 }, (_, k) => {
      const i = from + 1 + k
      return { start: times[i - 1]! + by, end: times[i]! + by, change: values[i]! - values[i - 1]! }
    })
  let sum = 0
  for (const one of steps(asset, 0))
    for (const other of steps(reference, shiftUs)) if (other.start < one.end && other.end > one.start) sum += one.change * other.change
  return sum
}
const ticks = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 2, maxLength: 25 }).chain((times) =>
  fc.array(fc.integer({ min: -5, max: 5 }), { minLength: times.length, maxLength: times.length }).map((values) =>
    ticksOf(Float64Array.from(times.toSorted((a, b) => a - b)), Float64Array.from(values))))

test('two pointers give the sum over all overlapping pairs of steps, at any shift', () => {
  fc.assert(fc.property(ticks, ticks, fc.integer({ min: -70, max: 70 }), (asset, reference, shift) => {
    expect(hayashiYoshida(asset, reference, shift)).toBeCloseTo(oracle(asset, reference, shift), 9)
  }))
})

test('shifting one series forwards is shifting the other back', () => {
  fc.assert(fc.property(ticks, ticks, fc.integer({ min: -70, max: 70 }), (asset, reference, shift) => {
    expect(hayashiYoshida(asset, reference, shift)).toBeCloseTo(hayashiYoshida(reference, asset, -shift), 9)
  }))
})

test('on common times it is the realised covariance, of a series with itself the realised variance', () => {
  const times = Float64Array.of(0, 1, 2, 3)
  const [a, b] = [ticksOf(times, Float64Array.of(0, 1, 3, 2)), ticksOf(times, Float64Array.of(0, 2, 1, 1))]
  expect(hayashiYoshida(a, b)).toBe(1 * 2 + 2 * -1)
  expect(realisedVariance(a)).toBe(1 + 4 + 1)
  expect(hayashiYoshidaRatio(a, a)).toBeCloseTo(1, 15)
})

test('the ratio exceeds 1 where one change meets several of the other, and is not clipped', () => {
  const asset = ticksOf(Float64Array.of(0, 10), Float64Array.of(0, 4))
  const reference = ticksOf(Float64Array.of(0, 1, 2, 3, 4), Float64Array.of(0, 1, 2, 3, 4))
  expect(hayashiYoshidaRatio(asset, reference)).toBe(2)
})

test('a series without a step, or without a change, has no ratio and no lag', () => {
  const some = ticksOf(Float64Array.of(0, 1, 2), Float64Array.of(0, 1, 0))
  const [single, still] = [ticksOf(Float64Array.of(0), Float64Array.of(1)), ticksOf(Float64Array.of(0, 1), Float64Array.of(1, 1))]
  expect([hayashiYoshida(single, some), hayashiYoshida(some, single), hayashiYoshidaRatio(still, some)]).toEqual([NaN, NaN, NaN])
  expect(leadLag(still, some, 1, 5)).toEqual({ lagUs: NaN, ratio: NaN, ratioAt0: NaN })
})

/** A walk that ticks irregularly; the second follows `lag` later, sign `sign`. */
function follower(lag: number, sign: 1 | -1) {
  let seed = 7
  const next = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32
  const [times, values] = [[0], [0]]
  for (let i = 0; i < 400; i++) {
    times.push(times[i]! + 50 + Math.floor(100 * next()))
    values.push(values[i]! + next() - 0.5)
  }
  const leader = ticksOf(Float64Array.from(times), Float64Array.from(values))
  return { leader, late: ticksOf(leader.times.map((time) => time + lag), leader.values.map((value) => sign * value)) }
}

test('the shift is found by which one series follows the other, of either sign; > 0 where the reference leads', () => {
  for (const sign of [1, -1] as const) {
    const { leader, late } = follower(300, sign)
    expect(leadLag(late, leader, 100, 10)).toMatchObject({ lagUs: 300, ratio: expect.closeTo(sign, 12) })
    expect(leadLag(leader, late, 100, 10)).toMatchObject({ lagUs: -300, ratio: expect.closeTo(sign, 12) })
  }
})

test('of equal shifts the nearest to 0 counts', () => {
  const asset = ticksOf(Float64Array.of(0, 100), Float64Array.of(0, 1))
  expect(leadLag(asset, asset, 10, 5).lagUs).toBe(0)
})

test('a ring keeps the newest changes of the price, one a time', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 })), { maxLength: 100 })
  fc.assert(fc.property(steps, fc.integer({ min: 0, max: 60 }), (given, since) => {
    const ring = createTicks(8)
    const kept: [time: number, price: number][] = []
    let [time, price] = [0, NaN]
    for (const [gap, next] of given) {
      time += gap
      addTick(ring, time, next)
      if (next === 0 || next === price) continue
      price = next
      if (kept.at(-1)?.[0] === time) kept.pop()
      kept.push([time, price])
    }
    const { times, values, from, to } = ticksSince(ring, since)
    const expected = kept.slice(-8).filter(([at]) => at >= since)
    expect(Array.from(times.subarray(from, to))).toEqual(expected.map(([at]) => at))
    expect(Array.from(values.subarray(from, to))).toEqual(expected.map(([, one]) => Math.log(one)))
  }))
})
