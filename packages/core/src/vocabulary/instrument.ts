import { TapeloomError } from '../error.ts'
import type { MarketSymbol } from './symbol.ts'

/** A price or quantity as a number or, exact, as the venue's decimal digits. */
export type Price = number | string

/** The grid k/10^d on which prices (ticks) or quantities (lots) lie: value = (n·k)/scale, n an integer. */
export interface Grid {
  readonly k: number
  /** 10^d. */
  readonly scale: number
}

/** What is traded on one venue, with the steps of its prices and quantities. */
export interface Instrument {
  readonly symbol: MarketSymbol
  readonly venue: string
  readonly kind: 'spot' | 'linear' | 'inverse'
  readonly tickSize: number
  readonly lotSize: number
  /** Base units (quote units for inverse contracts) in one contract; 1 for spot. */
  readonly contractSize: number
  readonly tick: Grid
  readonly lot: Grid
}

/**
 * Describes an instrument; sizes given as decimal strings are exact.
 * @throws TapeloomError `instrument.size` when a size is not a positive decimal
 * @example instrument('BTC/USDT', { venue: 'x', tickSize: '0.5', lotSize: '0.001' }).tick // => { k: 5, scale: 10 }
 */
export function instrument(symbol: MarketSymbol, spec: {
  readonly venue: string
  readonly tickSize: Price
  readonly lotSize: Price
  readonly kind?: Instrument['kind']
  readonly contractSize?: Price
}): Instrument {
  const where = `${spec.venue}:${symbol}`
  const [tick, lot] = [gridOf(spec.tickSize, `${where} tickSize`), gridOf(spec.lotSize, `${where} lotSize`)]
  const [base, , settled] = symbol.split(/[/:-]/)
  const contract = symbol.includes(':') ? (settled === base ? 'inverse' : 'linear') : 'spot'
  return Object.freeze({
    symbol, venue: spec.venue, kind: spec.kind ?? contract,
    tickSize: tick.k / tick.scale, lotSize: lot.k / lot.scale, contractSize: Number(spec.contractSize ?? 1), tick, lot,
  })
}

/** The grid of a step such as `'0.05'` (k 5, scale 100). @throws TapeloomError `instrument.size` */
export function gridOf(step: Price, where: string): Grid {
  const text = typeof step === 'number' ? plainDecimal(step) : step
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  const digits = fraction.replace(/0+$/, '')
  const k = Number(whole + digits)
  if (!(k > 0) || !Number.isSafeInteger(k) || digits.length > 15) {
    throw new TapeloomError('instrument.size', `[${where}] '${step}' is not a positive decimal. Write a step such as '0.01'.`)
  }
  return Object.freeze({ k, scale: Number(`1e${digits.length}`) })
}

/** The value of `n` grid steps: exact where `n × step` would not be. */
export const fromGrid = (grid: Grid, n: number): number => (n * grid.k) / grid.scale

/** The nearest number of grid steps; NaN when `value` is not a finite decimal. Half steps round up. */
export function toGrid(grid: Grid, value: Price): number {
  const number = typeof value === 'number' ? value : value.trim() === '' ? NaN : Number(value)
  if (!Number.isFinite(number)) return NaN
  return Math.round((number * grid.scale) / grid.k)
}

function plainDecimal(value: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  return value.toFixed(Math.min(20, 1 + Number(text.split('e-')[1] ?? 0) + (text.split('e')[0]?.length ?? 0)))
}
