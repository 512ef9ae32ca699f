import { TapeloomError, type CandleMessage } from '@tapeloom/core'
import { parquetSource, type ParquetOptions } from '@tapeloom/data'

/**
 * Reads the candles of a recording once before anything starts: one that cannot have been means that the file is not what
 * it should be. Files of trades are left to the run.
 * @throws TapeloomError `source.candle` with file, row (from 1) and values
 */
export async function checkCandles(file: string, says: ParquetOptions): Promise<void> {
  const source = parquetSource(file, says)
  await source.prepare?.()
  let row = 0
  for await (const chunk of source.events({ after: undefined, signal: new AbortController().signal })) {
    for (const input of Array.isArray(chunk) ? chunk : [chunk]) {
      row++
      if (input.kind !== 'candle') return
      const wrong = wrongIn(input)
      if (!wrong) continue
      const what = `row ${row}: ${wrong} (${valuesOf(input)})`
      throw new TapeloomError('source.candle', `[source ${file}] ${what}. Repair the file or get it again.`)
    }
  }
}

const PRICES = ['open', 'high', 'low', 'close'] as const

function wrongIn(candle: CandleMessage): string | undefined {
  const prices = PRICES.map((name) => Number(candle[name]))
  const [open = NaN, high = NaN, low = NaN, close = NaN] = prices
  const bad = PRICES.find((name) => !Number.isFinite(Number(candle[name])) || Number(candle[name]) <= 0)
  if (bad) return `${bad} is no positive number`
  const volume = Number(candle.volume)
  if (!(volume >= 0) || volume === Infinity) return 'volume is no number from 0'
  if (high < low) return 'high is below low'
  if (high < Math.max(open, close) || low > Math.min(open, close)) return 'open or close is outside of low to high'
  return Number.isSafeInteger(candle.openTime) ? undefined : 'its time is no whole number'
}

const valuesOf = (candle: CandleMessage): string =>
  ['openTime', ...PRICES, 'volume'].map((name) => `${name} ${String(candle[name as keyof CandleMessage])}`).join(', ')
