import { createRandom } from '@tapeloom/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDecision, NO_EVIDENCE, separateDecisions, type PromotionEvidence } from './promotion-test.ts'

const RUNS = 4000
const DECISIONS = 600

/** Looks after every decision and stops at the first verdict. */
function untilVerdict(advantage: () => number): PromotionEvidence {
  let evidence = NO_EVIDENCE
  for (let i = 0; i < DECISIONS && evidence.verdict === 'undecided'; i++) evidence = addDecision(evidence, advantage())
  return evidence
}
const random = createRandom(11, 'promotion')
const share = (verdict: PromotionEvidence['verdict'], advantage: () => number, runs = RUNS): number =>
  Array.from({ length: runs }, () => untilVerdict(advantage)).filter((found) => found.verdict === verdict).length / runs

test.each<[string, () => number]>([
  ['a fair coin of the largest stakes', () => (random.next() < 0.5 ? -1 : 1)],
  ['small differences', () => random.next() / 2 - 0.25],
  ['rare large gains for frequent small losses', () => (random.next() < 0.1 ? 0.9 : -0.1)],
  ['frequent small gains for rare large losses', () => (random.next() < 0.9 ? 0.1 : -0.9)],
])('a candidate no better is promoted in at most one of twenty runs, whenever one looks: %s', (_, advantage) => {
  // three standard errors of 5 % over so many runs
  expect(share('promote', advantage)).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / RUNS))
  expect(share('demote', advantage)).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / RUNS))
})

test('nor when its fortunes follow what it gained before, as long as the next gain is fair', () => {
  const following = () => {
    let last = 0
    return () => (last = (random.next() < 0.5 ? -1 : 1) * (last > 0 ? 1 : 0.3))
  }
  const promoted = Array.from({ length: RUNS }, () => untilVerdict(following())).filter(({ verdict }) => verdict === 'promote').length
  expect(promoted / RUNS).toBeLessThanOrEqual(0.06)
})

test('a candidate that is better is promoted, and one that is worse is demoted', () => {
  expect(share('promote', () => 0.1 + random.next() / 2 - 0.25, 500)).toBe(1)
  expect(share('demote', () => -0.1 + random.next() / 2 - 0.25, 500)).toBe(1)
})

test('the evidence is the product of 1 + d/2, its mirror that of 1 − d/2, and 20 decides', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 60 }), (advantages) => {
    let [evidence, product, mirror, verdict] = [NO_EVIDENCE, 1, 1, 'undecided']
    for (const d of advantages) {
      evidence = addDecision(evidence, d)
      if (verdict !== 'undecided') continue
      product *= 1 + d / 2
      mirror *= 1 - d / 2
      verdict = product >= 20 ? 'promote' : mirror >= 20 ? 'demote' : 'undecided'
    }
    expect(Math.exp(evidence.logFor)).toBeCloseTo(product, 9)
    expect(Math.exp(evidence.logAgainst)).toBeCloseTo(mirror, 9)
    expect(evidence.verdict).toBe(verdict)
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence)
  }))
  let evidence = NO_EVIDENCE
  for (let i = 0; i < 7; i++) evidence = addDecision(evidence, 1)
  expect(evidence.verdict).toBe('undecided') // 1.5⁷ = 17.1
  expect(addDecision(evidence, 1)).toMatchObject({ verdict: 'promote', decisions: 8 })
})

test('a verdict stands whatever comes after it, and what is no advantage is refused', () => {
  let evidence = NO_EVIDENCE
  for (let i = 0; i < 40; i++) evidence = addDecision(evidence, i < 8 ? 1 : -1)
  expect(evidence).toMatchObject({ verdict: 'promote', decisions: 8 })
  for (const wrong of [NaN, 1.01, -1.01]) expect(() => addDecision(NO_EVIDENCE, wrong)).toThrow(/is no difference of two losses/)
})

test('decisions of one moment count once, and those whose outcomes overlap do not count', () => {
  const at = (asOf: number, advantage: number, knownAt = asOf + 3) => ({ asOf, knownAt, advantage })
  const scored = [at(5, 0.4), at(0, 0.2), at(0, 0.4), at(1, 1), at(2, 1), at(3, -1), at(5, 1, 6), at(6, 0.1)]
  expect(separateDecisions(scored, -Infinity).map(({ asOf, advantage }) => [asOf, advantage])).toEqual([[0, 0.30000000000000004], [3, -1], [6, 0.1]])
  expect(separateDecisions(scored, 4)).toHaveLength(1)
  // a coin whose outcome is seen five times over would be promoted far too often if each counted
  const overlapping = () => {
    const coins = Array.from({ length: 200 }, () => (random.next() < 0.5 ? -1 : 1))
    return coins.flatMap((coin, i) => Array.from({ length: 5 }, (_, k) => at(5 * i + k, coin / 2, 5 * i + 5)))
  }
  const promoted = (advantages: readonly number[]) => advantages.reduce<PromotionEvidence>(addDecision, NO_EVIDENCE).verdict === 'promote'
  let [naive, separate] = [0, 0]
  for (let run = 0; run < 2000; run++) {
    const decisions = overlapping()
    naive += promoted(decisions.map(({ advantage }) => advantage)) ? 1 : 0
    separate += promoted(separateDecisions(decisions, -Infinity).map(({ advantage }) => advantage)) ? 1 : 0
  }
  expect(naive / 2000).toBeGreaterThan(0.1)
  expect(separate / 2000).toBeLessThanOrEqual(0.065)
})
