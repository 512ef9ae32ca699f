import type { Candle, Pivot } from '@tapeloom/core'
import { definitionOf, resolveOptions } from '@tapeloom/core'
import { fixtures } from '@tapeloom/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pivot } from './index.ts'

const { state: fresh, on, options: declared = {} } = definitionOf(pivot)
const options = resolveOptions('pivot', declared, { span: 1, levels: 4, classic: [] }).values

/** The module as a host runs it: restarts give it fresh state and replay what is known, unheard. */
class Life {
  #state = fresh?.(options as never, {} as never) as object
  #silent = false
  readonly told: Pivot[] = []

  hear(candle: Candle): void {
    const emit = (_topic: string, one: Pivot) => void (this.#silent || this.told.push(one))
    const features = new Proxy({}, { set: () => true })
    on?.['candle:close']?.({ ...candle, symbol: 'BTC/USDT', timeframe: '1m' } as never, { state: this.#state, options, features, emit } as never)
  }
  restart(known: readonly Candle[], carry = true): void {
    this.#state = fresh?.(options as never, {} as never, carry ? this.#state : undefined) as object
    this.#silent = true
    for (const candle of known) this.hear(candle)
    this.#silent = false
  }
}

const candle = (minute: number, high: number) =>
  ({ openTime: 60e6 * minute, closeTime: 60e6 * (minute + 1), open: high, high, low: 0, close: high, volume: 1 }) as Candle
/** A level 2 high of 9 in minute 4, proved by the level 1 high of 6 in minute 6, which backfills of minutes 7 and 8 undo. */
const highs: readonly (readonly [number, number])[] = [[0, 1], [1, 3], [2, 1], [3, 1], [4, 9], [5, 1], [6, 6], [8, 1]]
const later: readonly (readonly [number, number])[] = [[9, 1], [10, 5], [11, 1]]
const backfilled = [...highs.slice(0, -1), [7, 7], [8, 8]] as const

function lives(carry: boolean): readonly string[] {
  const life = new Life()
  for (const [minute, high] of highs) life.hear(candle(minute, high))
  life.restart(backfilled.map(([minute, high]) => candle(minute, high)), carry)
  for (const [minute, high] of later) life.hear(candle(minute, high))
  return life.told.map(({ id }) => id).filter((id) => id.endsWith(`L2H|${4 * 60e6}`))
}

test('a pivot that a backfill would prove anew after a restart is not announced again', () => {
  expect(lives(true)).toHaveLength(1)
  expect(lives(false)).toHaveLength(2) // what the carried state is for
})

test('no id is announced twice, whatever is backfilled, restarted, repeated or late', () => {
  const minutes = [...fixtures.candles('BTC/USDT', '1m', { count: 400 })] as unknown as Candle[]
  const events = fc.array(fc.record({ ago: fc.nat(6), restart: fc.nat(9), absent: fc.nat(3) }), { minLength: 100, maxLength: 400 })
  fc.assert(fc.property(events, (steps) => {
    const [life, known] = [new Life(), new Map<number, Candle>()]
    steps.forEach(({ ago, restart, absent }, i) => {
      const [now, again] = [minutes[i]!, minutes[Math.max(0, i - ago)]!]
      const closed = (one: Candle) => ({ ...one, closeTime: one.openTime + 60e6 })
      if (absent > 0) life.hear(closed(now))
      if (absent > 0) known.set(now.openTime, closed(now))
      if (ago > 0) life.hear(closed(again)) // late or repeated
      if (ago > 2) known.set(again.openTime, closed({ ...again, high: again.high + 20 * ago })) // another version of it, too
      if (restart === 0) life.restart([...known.values()].toSorted((a, b) => a.openTime - b.openTime))
    })
    const ids = life.told.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  }), { numRuns: 60 })
})

test('a restart loses no announcement when nothing was backfilled', () => {
  const minutes = ([...fixtures.candles('BTC/USDT', '1m', { count: 2000 })] as unknown as Candle[]).map((one) => ({ ...one, closeTime: one.openTime + 60e6 }))
  const [straight, cut] = [new Life(), new Life()]
  minutes.forEach((one, i) => {
    straight.hear(one)
    cut.hear(one)
    if (i % 137 === 0) cut.restart(minutes.slice(0, i + 1))
  })
  expect(cut.told).toEqual(straight.told)
})
