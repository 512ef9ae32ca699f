/** Buckets of a footprint, half of them on each side of its first price. */
const SLOTS = 256

/** Bought and sold lots by price bucket since the minute began, as plain data. */
export interface Footprint {
  /** Ticks of a bucket: a ten-thousandth of the first price; 0 before the first trade. */
  ticks: number
  /** Bucket of slot 0. */
  base: number
  readonly bought: Float64Array
  readonly sold: Float64Array
}
/** Bought and sold quantities of a minute by price, lowest first; a price is the lower edge of its bucket. */
export interface FootprintEvent {
  readonly openTime: number
  readonly bucket: number
  readonly prices: readonly number[]
  readonly bought: readonly number[]
  readonly sold: readonly number[]
}
export const createFootprint = (): Footprint => ({
  ticks: 0, base: NaN, bought: new Float64Array(SLOTS), sold: new Float64Array(SLOTS),
})

/** Adds a trade; beyond the outermost buckets it counts in them. */
// `!`: the slot is within the arrays.
export function addToFootprint(footprint: Footprint, ticks: number, lots: number): void {
  if (footprint.ticks === 0) {
    footprint.ticks = Math.max(1, Math.round(ticks * 1e-4))
    footprint.base = Math.floor(ticks / footprint.ticks) - SLOTS / 2
  }
  const slot = Math.max(0, Math.min(SLOTS - 1, Math.floor(ticks / footprint.ticks) - footprint.base))
  const side = lots > 0 ? footprint.bought : footprint.sold
  side[slot] = side[slot]! + Math.abs(lots)
}

/** The buckets in which something was traded, in ticks and lots, and that with most of it; then begins anew. */
export function takeFootprint(footprint: Footprint) {
  const { bought, sold, ticks, base } = footprint
  const slots = Array.from(bought.keys()).filter((slot) => bought[slot]! + sold[slot]! > 0)
  const most = slots.reduce((best, slot) => (bought[slot]! + sold[slot]! > (bought[best] ?? 0) + (sold[best] ?? 0) ? slot : best), -1)
  const taken = {
    ticks, mostTicks: most < 0 ? NaN : (base + most + 0.5) * ticks,
    levels: slots.map((slot) => ({ ticks: (base + slot) * ticks, bought: bought[slot]!, sold: sold[slot]! })),
  }
  bought.fill(0)
  sold.fill(0)
  footprint.ticks = 0
  return taken
}

/** Trades of one side at one exchange time: one order that takes several prices. As plain data. */
export interface Sweep {
  tsEvent: number
  /** 1 bought, −1 sold. */
  sign: number
  levels: number
  lots: number
  from: number
  to: number
}
export const noSweep = (): Sweep => ({ tsEvent: NaN, sign: 0, levels: 0, lots: 0, from: NaN, to: NaN })

/** Whether a trade goes on from the ones before: same side, same exchange time. */
export const continuesSweep = (sweep: Sweep, tsEvent: number, sign: number): boolean => sweep.tsEvent === tsEvent && sweep.sign === sign

/** Adds a trade that goes on, or begins anew with it. */
export function addToSweep(sweep: Sweep, tsEvent: number, sign: number, ticks: number, lots: number): void {
  if (!continuesSweep(sweep, tsEvent, sign)) {
    sweep.tsEvent = tsEvent
    sweep.sign = sign
    sweep.levels = sweep.lots = 0
    sweep.from = ticks
    sweep.to = NaN
  }
  if (ticks !== sweep.to) sweep.levels++
  sweep.to = ticks
  sweep.lots += lots
}
