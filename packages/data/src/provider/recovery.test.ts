import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { defineModule, defineSource, Orchestrator, type InferenceRuntime, type MarketInput, type Network } from '@tapeloom/core'
import { afterAll, describe, expect, test } from 'vitest'
import { BTC, recording, trade } from '../testing/drive.ts'
import { DataProvider } from './data-provider.ts'

const root = mkdtempSync(join(tmpdir(), 'tapeloom-recovery-'))
let folders = 0
const newFolder = () => join(root, String(++folders))
afterAll(() => rmSync(root, { recursive: true }))

const identity = { version: '1.0.0', core: '^1.0.0' }
const price = { rev: 1, unit: 'price', range: [0, 1e9], description: 'A price.' } as const
const trades = (count: number, from = 0): MarketInput[] =>
  Array.from({ length: count }, (_, i) => trade(from + (i + 1) * 500e3, 100 + (i % 7), 1, { tsInit: from + (i + 1) * 500e3, sourceSequence: i + 1 }))

const leader = defineModule({
  name: 'leader', ...identity,
  features: { price },
  state: () => ({ before: 0 }),
  on: { trade({ price }, { features }) { features.price = price } },
  predict({ features, state }) {
    const up = features.price > state.before
    state.before = features.price
    return { horizon: '2s', probabilities: up ? { buy: 0.7, hold: 0.2, sell: 0.1 } : { buy: 0.1, hold: 0.2, sell: 0.7 } }
  },
})

describe('a journal that is run again', () => {
  test('takes a command given before the run behind its tail', async () => {
    const journal = newFolder()
    const start = () => new Orchestrator({ data: new DataProvider({ sources: [recording(trades(120))], journal }), modules: [leader] })
    await start().run({ until: 20e6 })
    const resumed = start()
    await resumed.initialize()
    await resumed.command({ kind: 'weight', model: 'leader', weight: 0 })
    expect(resumed.models()[0]?.weight).toBe(0)
    const { journalHash, events } = await resumed.run()
    expect(events.trade).toBe(120)
    const again = await start().run()
    expect(again.journalHash).toBe(journalHash)
    const whole = new Orchestrator({ data: new DataProvider({ sources: [recording(trades(120))] }), modules: [leader] })
    await whole.run({ until: 20e6 })
    await whole.command({ kind: 'weight', model: 'leader', weight: 0 })
    expect((await whole.run()).journalHash).toBe(journalHash)
  })

  test('in a live run takes an answer that its snapshot holds from its record', async () => {
    const journal = newFolder()
    const from = 4e15 // later than the clock, so that no tick is told
    const source = (inputs: readonly MarketInput[]) => defineSource({
      name: 'tape', instruments: [BTC], live: true,
      async *events({ after = 0 }) {
        for (const input of inputs.slice(after)) {
          yield input
          await nextTurn()
        }
      },
    })
    const start = (count: number) => new Orchestrator({
      data: new DataProvider({ sources: [source(trades(count, from))], journal }), modules: [leader, thinker], snapshotEvery: 1,
    })
    const until = async (orchestrator: ReturnType<typeof start>, count: number) => {
      const stop = new AbortController()
      orchestrator.on('trade', () => { if (orchestrator.report().events.trade === count) setImmediate(() => stop.abort()) })
      return orchestrator.run({ signal: stop.signal })
    }
    const first = await until(start(40), 40)
    const snapshots = join(journal, 'snapshots')
    rmSync(join(snapshots, readdirSync(snapshots).sort().at(-1)!))
    const resumed = await until(start(60), 60)
    expect(first.decisions).toBeGreaterThan(20)
    expect(resumed.events.trade).toBe(60)
  })
})

describe('a run that fails', () => {
  test('leaves no command waiting', async () => {
    let fail = () => {}
    const failing = new Promise<never>((_, reject) => (fail = () => reject(new Error('cut off'))))
    const source = defineSource({ name: 'tape', instruments: [BTC], async *events() { yield await failing } })
    const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [source] }), modules: [leader] })
    const running = expect(orchestrator.run()).rejects.toThrow('cut off')
    await orchestrator.initialize()
    await nextTurn()
    const commanded = orchestrator.command({ kind: 'weight', model: 'leader', weight: 0 })
    fail()
    await Promise.all([running, commanded])
    expect(orchestrator.status().sequence).toBe(1)
  })
})

/** A network of one number that answers some turns later. */
const network: Network<{ x: readonly [1] }, 'logits', {}> = {
  name: 'one', inputs: { x: [1] }, outputs: ['logits'], targets: {}, batch: 1,
  open: async () => new OneNumber(),
  train: () => Promise.reject(new Error('is not trained')),
}
class OneNumber implements InferenceRuntime {
  readonly version = '0'
  async infer({ x }: Readonly<Record<string, Float32Array>>) {
    for (let turn = 0; turn < 5; turn++) await nextTurn()
    return { logits: Float32Array.of((x?.[0] ?? 0) / 1000, 0, 0) }
  }
  weights() { return new Float32Array(1) }
  swap() {}
  async close() {}
}
const thinker = defineModule({
  name: 'thinker', ...identity,
  features: { price },
  on: { trade({ price }, { features }) { features.price = price } },
  model: {
    network, inputs: { x: ['thinker.price'] }, target: { timeframe: '1m', ahead: 1 },
    decode: ({ logits }) => ({ probabilities: { buy: 0.4 + (logits[0] ?? 0), hold: 0.3, sell: 0.3 - (logits[0] ?? 0) } }),
    labels: {},
  },
})
