import { TapeloomError, type AnyDefinition, type LaneReader, type Probabilities, type TargetSet } from '@tapeloom/core'
import { checkLeak } from '../replay/check-leak.ts'
import type { TradableLabel } from '../replay/label.ts'
import { classTarget } from '../replay/label-weights.ts'
import { rescore } from '../replay/rescore.ts'
import { addDecision, NO_EVIDENCE, separateDecisions, type PromotionEvidence, type ScoredDecision } from './promotion-test.ts'

/** References with outcomes, and where their windows are read. */
export interface LabelledPast {
  readonly lanes: LaneReader
  readonly labels: readonly TradableLabel[]
}

/** Two versions of a model, and the past that neither learnt from. */
export interface ChallengerTrial extends LabelledPast {
  readonly definition: AnyDefinition
  /** The weights that serve, and those that ask to. */
  readonly champion: Float32Array
  readonly challenger: Float32Array
  /** When the last label that either was trained on was known, µs: earlier inferences judge nothing. */
  readonly trainedUntil: number
  /** The same of a run over `nullMarket(source, seed)`, where nothing can be known. */
  readonly onNullMarket: LabelledPast
  /** Options of the module, where its `decode` reads them. */
  readonly options?: Readonly<Record<string, unknown>>
  /** What an earlier verdict on these two left: later labels go on from it, and none counts twice. */
  readonly evidence?: ChallengerEvidence
}

/** What was weighed so far: plain data. */
export interface ChallengerEvidence {
  /** The challenger against the champion, and against equal chances. */
  readonly champion: PromotionEvidence
  readonly chance: PromotionEvidence
  /** End of what was weighed, µs; null at the beginning. */
  readonly until: number | null
}

/** What became of a challenger. */
export interface ChallengerVerdict {
  /** `refused`: it foresaw a coin. `demote`: the champion is proven better. */
  readonly verdict: 'promote' | 'demote' | 'refused' | 'undecided'
  readonly reason: string
  readonly evidence: ChallengerEvidence
  /** The challenger against its own mirror image on the null market. */
  readonly nullMarket: PromotionEvidence
}

/** What a verdict changes: a `ModelStore` of @tapeloom/models is one. */
export interface VersionRoles {
  readonly challenger: string | undefined
  /** Makes the challenger the champion. */
  promote(): Promise<void>
}

/** Separate decisions on the null market that are needed to see whether the future is. */
const LEAST_ON_NULL = 100
const CHANCE: Probabilities = { buy: 1 / 3, hold: 1 / 3, sell: 1 / 3 }
const NOTHING: ChallengerEvidence = { champion: NO_EVIDENCE, chance: NO_EVIDENCE, until: null }

/**
 * Asks champion and challenger about the same references, and lets the sequential test decide: the challenger is promoted
 * once it is proven better than the champion and than equal chances, by half the Brier loss of each separate decision. One
 * that beats its own mirror image where every move is a coin has seen the future, and is refused. Where either abstains
 * nothing is weighed.
 * @throws TapeloomError `training.labels` when the model has no class to be judged by, `training.null-market` when its past
 * is too short, `training.leak` for a window beyond its inference, `training.hash` when rows have changed
 */
export async function judgeChallenger(trial: ChallengerTrial): Promise<ChallengerVerdict> {
  const { labels, lanes, trainedUntil, evidence = NOTHING, onNullMarket, champion, challenger } = trial
  const came = cameBy(trial.definition)
  const nullMarket = foreseenIn(onNullMarket.labels, await answers(trial, onNullMarket, challenger), came)
  if (nullMarket.verdict === 'promote') {
    return { verdict: 'refused', reason: `better than its mirror image after ${nullMarket.decisions} decisions on the null market`, evidence, nullMarket }
  }
  const after = Math.max(trainedUntil, evidence.until ?? -Infinity)
  const unseen = { lanes, labels: labels.filter(({ reference, isTainted }) => reference.asOf >= after && !isTainted) }
  for (const { reference, knownAt } of unseen.labels) checkLeak(reference, knownAt, Infinity)
  const [said, served] = [await answers(trial, unseen, challenger), await answers(trial, unseen, champion)]
  const against = (other: (i: number) => Probabilities) => separateDecisions(unseen.labels.flatMap((label, i) =>
    said[i] && served[i] ? [scored(label, lossOf(other(i), came(label)) - lossOf(said[i], came(label)))] : []), after)
  const versus = against((i) => served[i]!)
  const found: ChallengerEvidence = {
    champion: weighed(versus, evidence.champion), chance: weighed(against(() => CHANCE), evidence.chance),
    until: versus.at(-1)?.knownAt ?? evidence.until,
  }
  return { ...verdictOf(found), evidence: found, nullMarket }
}

/**
 * Judges the challenger among the versions of a model, and makes it the champion when, and only when, the verdict is
 * `promote`. @throws TapeloomError as `judgeChallenger`, and `training.promotion` when there is no challenger
 */
export async function promoteByRule(roles: VersionRoles, trial: ChallengerTrial): Promise<ChallengerVerdict> {
  if (roles.challenger === undefined) throw new TapeloomError('training.promotion', `[model ${trial.definition.name}] has no challenger. Call challenge(version) first.`)
  const found = await judgeChallenger(trial)
  if (found.verdict === 'promote') await roles.promote()
  return found
}

/** What weights say to each label's reference; undefined where they abstain. */
async function answers(
  { definition, options }: ChallengerTrial, { lanes, labels }: LabelledPast, weights: Float32Array,
): Promise<readonly (Probabilities | undefined)[]> {
  const references = labels.map(({ reference }) => reference)
  const found = await rescore({ definition, lanes, references, weights, ...(options && { options }) })
  return found.map(({ answer }) => ('abstain' in answer ? undefined : answer.probabilities))
}

/** What came, 0 buy, 1 hold, 2 sell, as a label of this model says it. */
function cameBy({ name, model }: AnyDefinition): (label: TradableLabel) => number {
  const target = model && classTarget(model.network.targets as TargetSet)
  if (target !== undefined) return ({ targets }) => targets[target] as number
  throw new TapeloomError('training.labels', `[model ${name}] has no target of type 'class'. Judge models that say buy, hold or sell.`)
}

/** On the null market a forecast and its mirror image, buy for sell, lose alike on average, whatever it looks at. */
function foreseenIn(
  labels: readonly TradableLabel[], said: readonly (Probabilities | undefined)[], came: (label: TradableLabel) => number,
): PromotionEvidence {
  const decisions = separateDecisions(labels.flatMap((label, i) => {
    const own = said[i]
    if (!own) return []
    const image = { buy: own.sell, hold: own.hold, sell: own.buy }
    return [scored(label, lossOf(image, came(label)) - lossOf(own, came(label)))]
  }), -Infinity)
  if (decisions.length >= LEAST_ON_NULL) return weighed(decisions, NO_EVIDENCE)
  const text = `[null market] holds ${decisions.length} separate decisions of the challenger, ${LEAST_ON_NULL} are needed. Run it over a longer market.`
  throw new TapeloomError('training.null-market', text)
}

const scored = ({ reference: { asOf }, knownAt }: TradableLabel, advantage: number): ScoredDecision => ({ asOf, knownAt, advantage })
const weighed = (decisions: readonly ScoredDecision[], evidence: PromotionEvidence): PromotionEvidence =>
  decisions.reduce((sum, { advantage }) => addDecision(sum, Math.max(-1, Math.min(1, advantage))), evidence) // rounding alone leaves [−1, 1]

/** Half the Brier loss, in [0, 1]. */
function lossOf({ buy, hold, sell }: Probabilities, came: number): number {
  const [a, b, c] = [buy - (came === 0 ? 1 : 0), hold - (came === 1 ? 1 : 0), sell - (came === 2 ? 1 : 0)]
  return (a * a + b * b + c * c) / 2
}

function verdictOf({ champion, chance }: ChallengerEvidence): Pick<ChallengerVerdict, 'verdict' | 'reason'> {
  const after = `after ${champion.decisions} decisions`
  if (champion.verdict === 'demote') return { verdict: 'demote', reason: `worse than the champion ${after}` }
  if (champion.verdict === 'undecided') return { verdict: 'undecided', reason: `not told from the champion ${after}` }
  if (chance.verdict === 'promote') return { verdict: 'promote', reason: `better than the champion ${after}, and than equal chances after ${chance.decisions}` }
  return { verdict: 'undecided', reason: `better than the champion ${after}, and not shown to be better than equal chances` }
}
