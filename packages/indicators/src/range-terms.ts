/** Parkinson's term of a candle: ln²(high / low) / (4 ln 2). */
export function parkinsonTerm(high: number, low: number): number {
  const range = Math.log(high / low)
  return (range * range) / (4 * Math.LN2)
}

/** Garman and Klass' term: ln²(high / low) / 2 − (2 ln 2 − 1) ln²(close / open). */
export function garmanKlassTerm(open: number, high: number, low: number, close: number): number {
  const range = Math.log(high / low)
  const body = Math.log(close / open)
  return (range * range) / 2 - (2 * Math.LN2 - 1) * body * body
}

/** Rogers and Satchell's term: ln(high / close) ln(high / open) + ln(low / close) ln(low / open). */
export const rogersSatchellTerm = (open: number, high: number, low: number, close: number): number =>
  Math.log(high / close) * Math.log(high / open) + Math.log(low / close) * Math.log(low / open)
