import { CLASS, TapeloomError, type Outcome } from '@tapeloom/core'

/** A label function as `model.labels.candle` takes it. */
type DirectionLabel = (outcome: Outcome) => { readonly direction: number } | undefined

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

/** Ready-made label functions for a network whose target is `direction: 'class'`. */
export const labels = { horizon, nextCandle } as const
