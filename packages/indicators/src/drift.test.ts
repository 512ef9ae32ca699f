import { expect, test } from 'vitest'
import { Adwin, PageHinkley, RunLengths } from './index.ts'
import { mersenneTwister } from './testing/mersenne-twister.ts'

/** 1,000 of {0, 1}, then 1,000 of {4 … 7}, as River's examples draw them. */
const river = (): number[] => {
  const random = mersenneTwister(12345)
  return Array.from({ length: 2000 }, (_, i) => (i < 1000 ? Math.floor(2 * random()) : 4 + Math.floor(4 * random())))
}

test('the generator is Python’s', () => {
  const random = mersenneTwister(12345)
  expect([random(), random()]).toEqual([0.41661987254534116, 0.010169169457068361])
})

test('Page-Hinkley finds the published change at value 1006, a 5', () => {
  const detector = new PageHinkley()
  const found = river().flatMap((value, i) => (detector.add(value), detector.alarm === 0 ? [] : [[i, value, detector.alarm]]))
  expect(found).toEqual([[1006, 5, 1]])
})

test('ADWIN finds the published change at value 1023, a 4, keeps 32 values, and has 1,008 at the end', () => {
  const detector = new Adwin()
  const found = river().flatMap((value, i) => (detector.add(value), detector.alarm === 0 ? [] : [[i, value, detector.width]]))
  expect(found).toEqual([[1023, 4, 32]])
  expect(detector.width).toBe(1008)
  expect(detector.variance).toBeCloseTo(1.25, 0)
})

test('Page-Hinkley finds a fall as it finds a rise, and begins anew after each', () => {
  const detector = new PageHinkley({ threshold: 10 })
  const levels = [0, 5, 0, 5].flatMap((level) => Array.from({ length: 100 }, () => level))
  const alarms = levels.flatMap((value) => (detector.add(value), detector.alarm === 0 ? [] : [detector.alarm]))
  expect(alarms).toEqual([1, -1, 1])
})

test('ADWIN remembers a million values in 422 numbers', () => {
  const detector = new Adwin()
  for (let i = 0; i < 1e6; i++) detector.add(i % 2)
  expect([detector.width, detector.value, detector.state.length]).toEqual([1e6, 0.5, 422])
  expect(detector.variance).toBeCloseTo(0.25, 9)
})

/** Yearly flow of the Nile at Aswan, 1871 to 1970, 1e8 m³ (Cobb 1978). */
const nile = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100,
  1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456,
  824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897,
  822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975,
  815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]

test('the change of the Nile is found in 1902, four low years after it: the run falls from 31 to 4', () => {
  const detector = new RunLengths({ expectedRun: 250, mean: 1000, kappa: 1, alpha: 1, beta: 1e4 })
  const runs = nile.map((flow) => detector.add(flow))
  expect(runs.slice(30, 32)).toEqual([31, 4])
  expect(Math.abs(detector.logEvidence - -639.6150658685737)).toBeLessThan(1e-6)
})

test('probabilities of runs add up to 1, and a new run has that of a change', () => {
  const detector = new RunLengths({ expectedRun: 250, mean: 1000, beta: 1e4, prune: 1e-4 })
  expect(detector.below(5)).toBeNaN()
  for (const flow of nile) {
    detector.add(flow)
    expect(detector.below(1)).toBeCloseTo(1 / 250, 12)
    expect(detector.below(Infinity)).toBeCloseTo(1, 12)
  }
})

test('with few places the least probable runs leave, and the change is found all the same', () => {
  const detector = new RunLengths({ mean: 1000, beta: 1e4, cap: 8 })
  const runs = nile.map((flow) => detector.add(flow))
  expect(runs.slice(30, 32)).toEqual([31, 4])
  expect(detector.below(Infinity)).toBeCloseTo(1, 12)
})

test('a value beyond all numbers begins anew', () => {
  const detector = new RunLengths()
  for (const value of [1, 2, 1e200]) detector.add(value)
  expect(detector.value).toBeNaN()
  expect(detector.add(1)).toBe(1)
})
