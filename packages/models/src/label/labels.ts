import { CLASS, TapeloomError, type Outcome, type PivotOutcome } from '@tapeloom/core'
import { tripleBarrier } from './triple-barrier.ts'

/** A label function as `model.labels.candle` takes it. */
type DirectionLabel = (outcome: Outcome) => { readonly direction: number } | undefined

/** A label function as `model.labels.pivot` takes it. */
type PivotLabel = (outcome: PivotOutcome) => { readonly direction: number } | undefined

export interface PivotTurnSpec {
  /** Lowest level that labels; default 1. */
  readonly minLevel?: number
  /** How far the entry's close may have left the extreme, in bps; default: any. */
  readonly maxRunBps?: number
  /** Only frames not earlier than the confirmation, or only earlier ones; default: both, in their own queues. */
  readonly phase?: 'tradable' | 'anticipation'
}

/** Direction of a change in basis points: above the threshold buy, below its negative sell, else hold. */
const directionOf = (changeBps: number, thresholdBps: number): number =>
  changeBps > thresholdBps ? CLASS.buy : changeBps < -thresholdBps ? CLASS.sell : CLASS.hold

function requireThreshold(where: string, thresholdBps: number): void {
  if (thresholdBps >= 0 && thresholdBps < Infinity) return
  throw new TapeloomError(
    'models.label',
    `[models ${where}] thresholdBps is ${thresholdBps}. Use a number of at least 0.`,
  )
}

/**
 * Labels by the logarithmic return from the last close known at the inference to the target's close, in basis points.
 * `undefined`, no label, where a price is not above 0.
 * @throws TapeloomError `models.label` when the threshold is negative or not finite
 */
function horizon(spec: { readonly thresholdBps: number }): DirectionLabel {
  requireThreshold('horizon', spec.thresholdBps)
  return ({ entry, target }) => label(entry.close, target.close, spec.thresholdBps)
}

/**
 * Labels by the target candle alone: the logarithmic return from its open to its close, in basis points.
 * `undefined`, no label, where a price is not above 0.
 * @throws TapeloomError `models.label` when the threshold is negative or not finite
 */
function nextCandle(spec: { readonly thresholdBps: number }): DirectionLabel {
  requireThreshold('nextCandle', spec.thresholdBps)
  return ({ target }) => label(target.open, target.close, spec.thresholdBps)
}

function label(from: number, to: number, thresholdBps: number): { readonly direction: number } | undefined {
  if (!(from > 0 && to > 0)) return undefined
  return { direction: directionOf(1e4 * Math.log(to / from), thresholdBps) }
}

/**
 * Labels by a confirmed pivot, as `labels.pivot`: the turn at a low is a buy, at a high a sell. `undefined`, no label,
 * below `minLevel`, in the other phase, where the price has left the extreme by more than `maxRunBps`, and where a price
 * is not above 0.
 * @throws TapeloomError `models.label` when a number is out of range
 */
function pivotTurn(spec: PivotTurnSpec = {}): PivotLabel {
  const { minLevel = 1, maxRunBps = Infinity, phase } = spec
  if (!(minLevel >= 1 && maxRunBps > 0)) {
    throw new TapeloomError(
      'models.label',
      `[models pivotTurn] minLevel is ${minLevel}, maxRunBps ${maxRunBps}. Use a level from 1 and a number above 0.`,
    )
  }
  return ({ pivot, entry, phase: found }) => {
    if (pivot.level < minLevel || (phase !== undefined && phase !== found)) return undefined
    if (!(entry.close > 0 && pivot.price > 0)) return undefined
    // How far the price has left the extreme in the direction of the turn.
    const runBps = 1e4 * Math.log(entry.close / pivot.price) * (pivot.side === 'low' ? 1 : -1)
    if (runBps > maxRunBps) return undefined
    return { direction: pivot.side === 'low' ? CLASS.buy : CLASS.sell }
  }
}

/** Ready-made label functions for a network whose target is `direction: 'class'`. */
export const labels = { horizon, nextCandle, tripleBarrier, pivotTurn } as const
