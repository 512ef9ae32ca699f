import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const folder = `${process.env['TAPELOOM_DATA'] ?? '../shared/data'}/l2`

/** Best quotes and trades of a recorded Binance text; times in µs, prices in ticks of `tick`, `sign` 1 where the buyer was the aggressor. */
export interface RecordedQuotes {
  readonly quotes: readonly { readonly tsEvent: number; readonly tsInit: number; readonly bid: number; readonly bidQuantity: number; readonly ask: number; readonly askQuantity: number }[]
  readonly trades: readonly { readonly tsEvent: number; readonly tsInit: number; readonly price: number; readonly quantity: number; readonly sign: 1 | -1 }[]
}

const fileOf = (name: string): string => `${folder}/binance-${name}_20240808.txt.gz`
/** Whether the recorded text is there. */
export const isRecorded = (name: string): boolean => existsSync(fileOf(name))

type Message = Readonly<Record<'b' | 'B' | 'a' | 'A' | 'p' | 'q', string>> & { readonly T?: number; readonly m: boolean }

/** Reads the text: `usdm_ethusdt`, `spot_btcusdt` and so on; `tick` 1 leaves prices as they are. */
export function recordedQuotes(name: string, tick: number): RecordedQuotes {
  const quotes: RecordedQuotes['quotes'][number][] = []
  const trades: RecordedQuotes['trades'][number][] = []
  const ticks = (price: string) => (tick === 1 ? Number(price) : Math.round(Number(price) / tick))
  for (const line of gunzipSync(readFileSync(fileOf(name))).toString().split('\n')) {
    const [isQuote, isTrade] = [line.includes('@bookTicker'), line.includes('@trade')]
    if (!isQuote && !isTrade) continue
    const at = line.indexOf(' ')
    const tsInit = Number(line.slice(0, at - 3))
    const { T = NaN, b, B, a, A, p, q, m } = (JSON.parse(line.slice(at + 1)) as { readonly data: Message }).data
    const tsEvent = 1000 * T
    if (isQuote) quotes.push({ tsEvent, tsInit, bid: ticks(b), bidQuantity: Number(B), ask: ticks(a), askQuantity: Number(A) })
    else trades.push({ tsEvent, tsInit, price: ticks(p), quantity: Number(q), sign: m ? -1 : 1 })
  }
  return { quotes, trades }
}
