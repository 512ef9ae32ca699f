import { createRandom, type Prediction, type PredictionResolved } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { answerOf, createAnswerRecord, noteAnswer, noteOutcome, type AnswerRecord } from '../index.ts'

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

test('a new record leaves scores as they are: softmax in the order of buy, hold, sell', () => {
  const { buy, hold, sell } = answerOf(createAnswerRecord(), [Math.log(2), 0, 0]).probabilities
  expect([buy, hold, sell].map((share) => share.toFixed(9))).toEqual(['0.500000000', '0.250000000', '0.250000000'])
})

test('moves within the threshold are holds', () => {
  const record = createAnswerRecord()
  for (const bps of [9, 3, -3, -9]) live(record, [0, 0, 0], bps, 5)
  expect([record.resolved, ...record.classes.slice(0, 4)]).toEqual([4, 0, 1, 1, 2])
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

test('a move that is not known is no hold: the answer is forgotten', () => {
  const record = createAnswerRecord()
  const draft = answerOf(record, [1, 0, 0])
  noteAnswer(record, { id: 'a', ...draft } as Prediction)
  expect(noteOutcome(record, { prediction: 'a', bps: NaN } as PredictionResolved)).toBe(true)
  expect([record.resolved, record.open.length]).toEqual([0, 0])
})
