import { gridOf, type Instrument } from '@tapeloom/core'

/** Fee and funding rates are whole hundred-millionths: a basis point is 10,000 of them. */
const RATE_ONE = 100_000_000n
/** Money of inverse contracts is counted in 1e-16 of the base asset. */
const INVERSE_UNITS = 10_000_000_000_000_000n

/**
 * The exact value of lots at a price in ticks, in whole units of settlement money (quote asset; base asset for inverse).
 * Spot and linear amounts are exact; inverse ones are rationals, rounded once each and never in the holder's favour.
 */
export interface Contract {
  readonly inverse: boolean
  /** Units in one quote asset (base asset for inverse). */
  readonly unitsPerOne: bigint
  /** A lot is worth `factor · ticks` units (divisor 1), or for inverse `factor / (divisor · ticks)`. */
  readonly factor: bigint
  readonly divisor: bigint
}

const known = new WeakMap<Instrument, Contract>()

/** The contract of an instrument. @throws TapeloomError `instrument.size` when its contract size is no decimal */
export function contractOf(instrument: Instrument): Contract {
  const found = known.get(instrument)
  if (found) return found
  const { tick, lot, kind, symbol } = instrument
  const size = gridOf(instrument.contractSize, `${symbol} contractSize`)
  const quantity = BigInt(lot.k) * BigInt(size.k)
  const scale = BigInt(lot.scale) * BigInt(size.scale)
  const inverse = kind === 'inverse'
  const contract = Object.freeze(inverse
    ? { inverse, unitsPerOne: INVERSE_UNITS, factor: quantity * BigInt(tick.scale) * INVERSE_UNITS, divisor: scale * BigInt(tick.k) }
    : { inverse, unitsPerOne: BigInt(tick.scale) * scale * RATE_ONE, factor: quantity * BigInt(tick.k) * RATE_ONE, divisor: 1n })
  known.set(instrument, contract)
  return contract
}

/** Whole hundred-millionths of a rate in basis points. */
export const rateOf = (bps: number): bigint => BigInt(Math.round(bps * 1e4))

/** a / b, rounded down (towards −∞); b > 0. */
function floorOver(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient
}

/**
 * What holding `lots` (< 0: short) from `entry` to `exit` ticks brings, before costs: lots · (exit − entry), for inverse
 * n·value·(1/entry − 1/exit), rounded down to a unit.
 * @source BitMEX, Inverse and quanto contracts: PnL of an inverse perpetual
 */
export function profitOf({ inverse, factor, divisor }: Contract, lots: number, entry: number, exit: number): bigint {
  const moved = BigInt(lots) * BigInt(exit - entry) * factor
  return inverse ? floorOver(moved, divisor * BigInt(entry) * BigInt(exit)) : moved
}

/** What a rate of the value of lots at a price costs, rounded up to a unit; < 0 is received. */
export function costOf({ inverse, factor, divisor }: Contract, lots: number, ticks: number, rate: bigint): bigint {
  const [above, below] = inverse ? [BigInt(lots) * factor * rate, divisor * BigInt(ticks) * RATE_ONE] : [BigInt(lots) * BigInt(ticks) * factor * rate, RATE_ONE]
  return -floorOver(-above, below)
}

/** Units as a number of the settlement asset. */
export const moneyOf = ({ unitsPerOne }: Contract, units: bigint): number => Number(units) / Number(unitsPerOne)
/** A number of the settlement asset in whole units, to the nearest 1e-8. */
export const unitsOf = ({ unitsPerOne }: Contract, money: number): bigint => (BigInt(Math.round(money * 1e8)) * unitsPerOne) / RATE_ONE

/** What one lot at a price is worth, as a number of the settlement asset: for sizes and features, not for the books. */
export function lotValueOf({ inverse, factor, divisor, unitsPerOne }: Contract, ticks: number): number {
  return inverse ? Number(factor) / (Number(divisor) * Number(unitsPerOne) * ticks) : (Number(factor) * ticks) / Number(unitsPerOne)
}
