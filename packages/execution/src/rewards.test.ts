import { expect, test } from 'vitest'
import { differentialSharpe, drawdownPenalty, netReturn, noReturns, type SharpeMoments } from './index.ts'

test('a net return is of what there was before', () => {
  expect([netReturn(100, 105), netReturn(100, 95), netReturn(0, 1)]).toEqual([0.050000000000000044, -0.050000000000000044, NaN])
})

test('the differential Sharpe ratio is the derivative of the moving Sharpe ratio by its adaption rate', () => {
  const sharpe = ({ a, b }: SharpeMoments) => a / Math.sqrt(b - a * a)
  const eps = 1e-6
  let moments: SharpeMoments = noReturns
  const steps = Array.from({ length: 200 }, (_, i) => 0.01 * Math.sin(i) + 0.001).map((change) => {
    const { reward, moments: next } = differentialSharpe(moments, change)
    const nudged = { a: moments.a + eps * (change - moments.a), b: moments.b + eps * (change * change - moments.b) }
    const step = { reward, derivative: (sharpe(nudged) - sharpe(moments)) / eps }
    moments = next
    return step
  })
  expect(steps[0]?.reward).toBeNaN()
  for (const { reward, derivative } of steps.slice(20)) expect(reward / derivative).toBeCloseTo(1, 4)
})

test('a return above the mean is rewarded, a loss is not', () => {
  const moments = { a: 0.001, b: 0.0001 }
  expect(differentialSharpe(moments, 0.005).reward).toBeGreaterThan(0)
  expect(differentialSharpe(moments, -0.005).reward).toBeLessThan(0)
})

test('the penalty is the drawdown, and nothing at a new high', () => {
  expect([drawdownPenalty(90, 100), drawdownPenalty(90, 100, 2), drawdownPenalty(101, 100), drawdownPenalty(1, 0)]).toEqual([-0.09999999999999998, -0.19999999999999996, 0, NaN])
})
