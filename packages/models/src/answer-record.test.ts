import { createRandom, type Prediction, type PredictionResolved } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { answerOf, createAnswerRecord, noteAnswer, noteOutcome, type AnswerRecord } from './index.ts'

let made = 0
/** One answer, made and resolved. */
function live(record: AnswerRecord, scores: readonly number[], bps: number, thresholdBps = 0) {
  const { probabilities } = answerOf(record, scores)
  const id = `${made++}`
  noteAnswer(record, { id, probabilities } as Prediction)
  return noteOutcome(record, { prediction: id, bps } as PredictionResolved, thresholdBps)
}
const classOf = (scores: readonly number[], temperature: number, u: number): number => {
  const weights = scores.map((score) => Math.exp(score / temperature))
  const sum = weights.reduce((a, b) => a + b)
  return u < weights[0]! / sum ? 1 : u < (weights[0]! + weights[1]!) / sum ? 0 : -1
}

test('nothing resolved: the answer is the uniform prior, without confidence', () => {
  const { probabilities, confidence } = answerOf(createAnswerRecord(), [5, 0, -5])
  for (const share of Object.values(probabilities)) expect(share).toBeCloseTo(1 / 3, 12)
  expect(confidence).toBe(0)
})

test('after n outcomes the model has n/(n + 200) of the answer, the smoothed base rates have the rest', () => {
  const record = createAnswerRecord()
  for (let i = 0; i < 50; i++) live(record, [0, 0, 0], i < 30 ? 9 : i < 40 ? -9 : 3, 5)
  expect([...record.counts]).toEqual([30, 10, 10])
  const { probabilities, confidence } = answerOf(record, [Math.log(2), 0, 0])
  expect(probabilities.buy).toBeCloseTo(0.2 * 0.5 + 0.8 * (31 / 53), 12)
  expect(probabilities.hold).toBeCloseTo(0.2 * 0.25 + 0.8 * (11 / 53), 12)
  expect(confidence).toBe(0.2)
})

test.each([0.5, 1, 3])('the temperature of scores that were drawn at %f is found', (temperature) => {
  const [record, random, unfitted] = [createAnswerRecord(), createRandom(7, `${temperature}`), new Set<number>()]
  for (let i = 0; i < 600; i++) {
    const scores = [random.normal(), random.normal(), random.normal()].map((score) => 3 * score)
    live(record, scores, classOf(scores, temperature, random.next()))
    if (i < 199) unfitted.add(record.temperature)
  }
  expect([...unfitted]).toEqual([1])
  expect(record.temperature / temperature).toBeGreaterThan(0.75)
  expect(record.temperature / temperature).toBeLessThan(1.33)
})

test('answers of others are neither noted nor resolved', () => {
  const record = createAnswerRecord()
  answerOf(record, [1, 0, 0])
  noteAnswer(record, { id: 'other', probabilities: { buy: 0.1, hold: 0.8, sell: 0.1 } } as Prediction)
  expect(noteOutcome(record, { prediction: 'other', bps: 1 } as PredictionResolved)).toBe(false)
  expect([record.resolved, record.open.length]).toEqual([0, 0])
})

test('answers that are never resolved do not pile up', () => {
  const record = createAnswerRecord()
  for (let i = 0; i < 5000; i++) noteAnswer(record, { id: `${i}`, probabilities: answerOf(record, [i, 0, 0]).probabilities } as Prediction)
  expect(record.open.length).toBe(4096)
  expect(record.open[0]!.id).toBe('904')
})
