import { lane } from '@tapeloom/core'
import type { LaneFrame, Normalisation, RebuildRequest } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bits, candleAt, dataFloor, tensors } from './data-floor.fixture.ts'
import { featureSeriesId } from './series-id.ts'
import { storeLanes } from './store-lanes.ts'

/** A symbol's step: minutes on (1 normal, more a gap), or back (a backfill: a newer version or a missed one). */
const plays = fc.array(
  fc.record({ of: fc.constantFrom(0 as const, 1 as const), step: fc.integer({ min: -8, max: 2 }), look: fc.boolean() }),
  { minLength: 1, maxLength: 150, size: 'max' },
)
const kinds: readonly Normalisation[] = ['log', 'none', 'zscore', 'minmax', 'atr']

describe('rebuild', () => {
  test('gives the tensors that were served, bit for bit, from memory and from the store', async () => {
    let fromStore = 0
    await fc.assert(
      fc.asyncProperty(plays, fc.constantFrom(8, 512), fc.constantFrom(...kinds), async (steps, maxRows, normalise) => {
        const { lanes, candle, sequence, reads } = dataFloor(maxRows)
        const watched = [lane('1m', 6, { normalise }), lane('1m', 3, { symbol: 'ETH/USDT', normalise })]
        const served: { request: RebuildRequest; tensor: Float32Array; mask: Float32Array }[] = []
        const minutes = [0, 0]
        steps.forEach(({ of, step, look }, i) => {
          const minute = Math.max(0, minutes[of]! + (step > -3 && step <= 0 ? 1 : step))
          minutes[of] = Math.max(minute, minutes[of]!)
          candle(of, candleAt(minute, i))
          if (!look) return
          for (const binding of watched) {
            const { tensor, mask } = tensors(binding)
            const gathered = lanes.gather(binding, 0, tensor, mask)
            const frame = { ...gathered, norm: [...Float32Array.from(gathered.norm)] } // as references keep it
            served.push({
              request: { symbol: 'BTC/USDT', frame, binding, knownBy: sequence(), ...tensors(binding) },
              tensor,
              mask,
            })
          }
        })
        await lanes.rebuild(served.map(({ request }) => request))
        for (const { request, tensor, mask } of served) {
          expect(bits(request.tensor)).toEqual(bits(tensor))
          expect(bits(request.mask)).toEqual(bits(mask))
        }
        fromStore += reads.length
      }),
      { numRuns: 60 },
    )
    expect(fromStore).toBeGreaterThan(100)
  })

  test('takes the version that was known, though memory and store have newer ones', async () => {
    for (const maxRows of [8, 512]) {
      const { lanes, candle, sequence } = dataFloor(maxRows)
      const binding = lane('1m', 4)
      for (let i = 0; i < 8; i++) candle(0, candleAt(i, 1))
      const { tensor, mask } = tensors(binding)
      const frame = lanes.gather(binding, 0, tensor, mask)
      const knownBy = sequence()
      candle(0, candleAt(6, 99))
      for (let i = 8; i < 30; i++) candle(0, candleAt(i, 1))
      const request = { symbol: 'BTC/USDT', frame, binding, knownBy, ...tensors(binding) } as const
      await lanes.rebuild([request])
      expect(bits(request.tensor)).toEqual(bits(tensor))
    }
  })

  test('a store alone gives the same tensors', async () => {
    const { lanes, candle, freeze, sequence, store, projector } = dataFloor(512)
    const binding = lane('1m', 6)
    for (let i = 0; i < 10; i++) candle(0, candleAt(i, 1))
    freeze(5e6, Float64Array.of(1, NaN, 3))
    const { tensor, mask } = tensors(binding)
    const frame = lanes.gather(binding, 0, tensor, mask)
    const requests: RebuildRequest[] = [
      { symbol: 'BTC/USDT', frame, binding, knownBy: sequence(), ...tensors(binding) },
      {
        symbol: 'BTC/USDT',
        binding: ['a.z', 'a.y'],
        knownBy: sequence(),
        tensor: new Float32Array(2),
        mask: new Float32Array(2),
        frame: {
          series: featureSeriesId('BTC/USDT', 'L'),
          start: 5e6,
          end: 5e6,
          count: 1,
          norm: [],
          quality: 1,
          taint: [],
        },
      },
    ]
    await projector.flush()
    await (await storeLanes(store)).rebuild(requests)
    expect(bits(requests[0]!.tensor)).toEqual(bits(tensor))
    expect(bits(requests[0]!.mask)).toEqual(bits(mask))
    expect([...requests[1]!.tensor, ...requests[1]!.mask]).toEqual([3, 0, 1, 0])
  })

  test('reads a merged span once', async () => {
    const { lanes, candle, sequence, reads } = dataFloor(8)
    const binding = lane('1m', 5)
    const requests: RebuildRequest[] = []
    for (let i = 0; i < 40; i++) {
      candle(0, candleAt(i, 1))
      if (i < 4) continue
      const frame = lanes.gather(binding, 0, tensors(binding).tensor, tensors(binding).mask)
      requests.push({ symbol: 'BTC/USDT', frame, binding, knownBy: sequence(), ...tensors(binding) })
    }
    await lanes.rebuild(requests)
    expect(reads).toHaveLength(1)
    expect(reads[0]).toMatchObject({ table: 'ohlcv_1m', equals: { symbol: 'BTC/USDT', venue: 'x' }, from: 0 })
  })

  test('reports a range whose rows are gone, rather than filling it', async () => {
    const { lanes, candle, sequence } = dataFloor(512)
    const binding = lane('1m', 4)
    for (let i = 0; i < 8; i++) candle(0, candleAt(i, 1))
    const frame = lanes.gather(binding, 0, tensors(binding).tensor, tensors(binding).mask)
    const request = (more: Partial<LaneFrame>): RebuildRequest => ({
      symbol: 'BTC/USDT',
      frame: { ...frame, ...more },
      binding,
      knownBy: sequence(),
      ...tensors(binding),
    })
    await expect(lanes.rebuild([request({ count: 5 })])).rejects.toThrow(/holds 4 rows .* its reference saw 5/)
    await expect(lanes.rebuild([request({ series: 'nonsense' })])).rejects.toThrow(/holds 0 rows/)
    await expect(lanes.rebuild([{ ...request({}), knownBy: 3 }])).rejects.toMatchObject({ code: 'data.range' })
    await expect(lanes.rebuild([{ ...request({}), binding: ['a.x'] }])).rejects.toThrow('holds no feature rows')
  })

  test('gives columns of frozen rows with a mask, from memory and from the store', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => Float64Array.of(i + 0.1, i % 3 === 0 ? NaN : -i, i / 3))
    for (const maxRows of [4, 512]) {
      const { lanes, freeze, reads } = dataFloor(maxRows)
      const known = rows.map((values, i) => freeze((i + 1) * 1e6, values))
      const requests = rows.map((_, i): RebuildRequest => ({
        symbol: 'BTC/USDT',
        binding: i % 2 ? ['a.y', 'a.x'] : ['a.z#1@0', 'a.y'],
        knownBy: known[i]!,
        frame: {
          series: featureSeriesId('BTC/USDT', 'L'),
          start: (i + 1) * 1e6,
          end: (i + 1) * 1e6,
          count: 1,
          norm: [],
          quality: 1,
          taint: [],
        },
        tensor: new Float32Array(2),
        mask: new Float32Array(2),
      }))
      await lanes.rebuild(requests)
      requests.forEach(({ tensor, mask }, i) => {
        const [x = 0, y = 0, z = 0] = rows[i]!
        const wanted = i % 2 ? [y, x] : [z, y]
        expect([...tensor]).toEqual(wanted.map((value) => (Number.isNaN(value) ? 0 : Math.fround(value))))
        expect([...mask]).toEqual(wanted.map((value) => (Number.isNaN(value) ? 0 : 1)))
      })
      expect(reads.filter(({ table }) => table === 'features_L')).toHaveLength(maxRows === 4 ? 1 : 0)
    }
  })

  test('takes the frozen row that was known, and reports one that is gone', async () => {
    const { lanes, freeze } = dataFloor(4)
    const first = freeze(1e6, Float64Array.of(1, 2, 3))
    const second = freeze(1e6, Float64Array.of(4, 5, 6))
    for (let i = 2; i < 20; i++) freeze(i * 1e6, Float64Array.of(0, 0, 0))
    const request = (time: number, knownBy: number): RebuildRequest => ({
      symbol: 'BTC/USDT',
      binding: ['a.x'],
      knownBy,
      tensor: new Float32Array(1),
      mask: new Float32Array(1),
      frame: {
        series: featureSeriesId('BTC/USDT', 'L'),
        start: time,
        end: time,
        count: 1,
        norm: [],
        quality: 1,
        taint: [],
      },
    })
    const both = [request(1e6, first), request(1e6, second)]
    await lanes.rebuild(both)
    expect(both.map(({ tensor }) => tensor[0])).toEqual([1, 4])
    await expect(lanes.rebuild([request(1.5e6, second)])).rejects.toMatchObject({ code: 'data.range' })
  })
})
