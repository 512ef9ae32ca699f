import { CLASS, type Prediction, type PredictionDraft, type PredictionResolved } from '@tapeloom/core'

/** Resolved answers that the temperature is fitted to: the newest. */
const ROOM = 512
/** Fewer leave the temperature at 1; from there on it is fitted anew after each `REFIT`. */
const LEAST = 200
const REFIT = 100
/** Answers whose outcome is awaited; the oldest beyond them are forgotten. */
const MOST_OPEN = 4096
const HOTTEST = Math.log(100)

/** What the outcomes of a predictor's own answers say of it: plain data, to stand in a module's state. */
export interface AnswerRecord {
  /** Scores are divided by it before softmax. */
  temperature: number
  /** Resolved answers so far. */
  resolved: number
  /** The newest resolved answers, in a ring: `[512 × 3]` scores, and what came. */
  readonly scores: Float32Array
  readonly classes: Uint8Array
  /** The last answer that was given; buy is NaN when it has been noted. */
  readonly last: { buy: number; sell: number; scores: number[] }
  /** Answers without an outcome yet, oldest first. */
  readonly open: { readonly id: string; readonly scores: number[] }[]
}

/** A record of nothing. */
export const createAnswerRecord = (): AnswerRecord => ({
  temperature: 1, resolved: 0, scores: new Float32Array(3 * ROOM), classes: new Uint8Array(ROOM),
  last: { buy: NaN, sell: NaN, scores: [] }, open: [],
})

/**
 * Probabilities of three scores in the order of CLASS: softmax(scores / temperature). Remembers the answer: tell
 * `noteAnswer` of each `prediction:made`. That few answers are resolved is the host's to weigh.
 * @source Guo, Pleiss, Sun, Weinberger (2017), On Calibration of Modern Neural Networks, section 4.2
 */
export function answerOf({ temperature, last }: AnswerRecord, scores: ArrayLike<number>): PredictionDraft {
  const [buy, hold, sell] = softmax(scores, 0, temperature)
  Object.assign(last, { buy, sell, scores: [scores[0] ?? NaN, scores[1] ?? NaN, scores[2] ?? NaN] })
  return { probabilities: { buy, hold, sell } }
}

/** Takes the id of the last answer from the prediction that it became; returns false for those of other predictors. */
export function noteAnswer({ last, open }: AnswerRecord, { id, probabilities: { buy, sell } }: Prediction): boolean {
  if (buy !== last.buy || sell !== last.sell) return false
  open.push({ id, scores: last.scores })
  last.buy = NaN
  if (open.length > MOST_OPEN) open.shift()
  return true
}

/**
 * Counts what came of an answer, and fits the temperature by log loss once 200 are resolved and every 100 from then on.
 * `thresholdBps`: a smaller move is a hold, as in the label. Returns whether the answer was its own.
 */
export function noteOutcome(record: AnswerRecord, { prediction, bps }: PredictionResolved, thresholdBps = 0): boolean {
  const { open, scores, classes } = record
  const at = open.findIndex(({ id }) => id === prediction)
  if (at < 0) return false
  const [answer] = open.splice(at, 1)
  if (Number.isNaN(bps)) return true // a move that is not known is no hold
  const came = bps > thresholdBps ? CLASS.buy : bps < -thresholdBps ? CLASS.sell : CLASS.hold
  const place = record.resolved++ % ROOM
  scores.set(answer!.scores, 3 * place)
  classes[place] = came
  if (record.resolved >= LEAST && (record.resolved - LEAST) % REFIT === 0) record.temperature = fittedTemperature(record)
  return true
}

/** Where the mean of −ln p of what came is least: golden sections of ln T, whose loss has one minimum. */
function fittedTemperature({ scores, classes, resolved }: AnswerRecord): number {
  const size = Math.min(resolved, ROOM)
  const loss = (logT: number): number => {
    let sum = 0
    for (let i = 0; i < size; i++) sum -= Math.log(Math.max(1e-12, softmax(scores, 3 * i, Math.exp(logT))[classes[i]!]!))
    return sum
  }
  const golden = (Math.sqrt(5) - 1) / 2
  let [low, high] = [-HOTTEST, HOTTEST]
  while (high - low > 1e-3) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)]
    if (loss(left) < loss(right)) high = right
    else low = left
  }
  return Math.exp((low + high) / 2)
}

function softmax(scores: ArrayLike<number>, from: number, temperature: number): readonly [number, number, number] {
  const top = Math.max(scores[from]!, scores[from + 1]!, scores[from + 2]!)
  const [a, b, c] = [0, 1, 2].map((i) => Math.exp((scores[from + i]! - top) / temperature)) as [number, number, number]
  return [a / (a + b + c), b / (a + b + c), c / (a + b + c)]
}
