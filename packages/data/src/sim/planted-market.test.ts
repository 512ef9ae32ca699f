import { defineModule, need } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { plantedMinutes, plantedOrchestrator } from './planted-market.ts'

const agreement = (predictability: number) => {
  const { candles, leans } = plantedMinutes(20_000, predictability)
  const told = candles.filter(({ open, close }, i) => close !== open && close > open === leans[i]! > 0)
  return told.length / candles.filter(({ open, close }) => close !== open).length
}

test('the lean tells the direction of its minute as often as was asked', () => {
  expect(agreement(0.6)).toBeCloseTo(0.6, 1)
  expect(agreement(0.5)).toBeCloseTo(0.5, 1)
  expect(agreement(1)).toBe(1)
})

test('a predictor reads the lean before its minute begins', async () => {
  const read: number[] = []
  const reader = defineModule({
    name: 'reader', version: '1.0.0', core: '^1.0.0', candles: ['1m'],
    requires: { signal: need('signal', '^1', { features: ['lean'] }) },
    features: {},
    on: { 'candle:close': (_, { need: { signal } }) => void read.push(signal.lean) },
  })
  await plantedOrchestrator(reader, { predictability: 0.6, minutes: 5 }).run()
  expect(read).toEqual([...plantedMinutes(5, 0.6).leans.slice(1), NaN])
})
