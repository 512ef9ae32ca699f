import type { Plain, Trainer, TrainingBatch } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { DurableTrainer } from './durable-trainer.ts'

/** A trainer whose one weight takes up each batch in an order-dependent way, and which dies at given calls. */
function mortal(deaths: readonly number[]) {
  const log = { opened: 0, calls: 0, closed: 0 }
  const open = async (): Promise<Trainer> => {
    log.opened++
    let [weight, step, dead] = [1, 0, false]
    const alive = () => {
      dead ||= deaths.includes(++log.calls)
      if (dead) throw new Error('the worker ended')
    }
    return {
      async step({ weights }) {
        alive()
        weight = Math.fround(weight * 1.1 + weights[0]!)
        return { step: ++step, loss: weight, dropped: false, weights: Float32Array.of(weight) }
      },
      async snapshot() {
        alive()
        return { weight, step } as Plain
      },
      async restore(state) {
        ;({ weight, step } = state as { weight: number; step: number })
      },
      async close() { log.closed++ },
    }
  }
  return { open, log }
}
const batch = (i: number): TrainingBatch => ({ samples: 1, inputs: {}, targets: {}, weights: Float32Array.of(Math.sin(i)) })
const trained = async (deaths: readonly number[], state: Plain = null) => {
  const { open, log } = mortal(deaths)
  const trainer = await DurableTrainer.open(open, state)
  const losses: number[] = []
  for (let i = 0; i < 40; i++) losses.push((await trainer.step(batch(i))).loss)
  const end = await trainer.snapshot()
  await trainer.close()
  return { losses, end, log }
}

test('wherever a trainer dies, each step comes out as if it had not', async () => {
  const state = { weight: 3, step: 7 } as Plain
  for (const from of [null, state]) {
    const straight = await trained([], from)
    expect(straight.log).toEqual({ opened: 1, calls: 43, closed: 1 }) // two states were asked for, and one at the end
    for (const death of [1, 2, 15, 16, 17, 18, 34, 40, 43]) {
      const { losses, end, log } = await trained([death], from)
      expect([losses, end]).toEqual([straight.losses, straight.end])
      expect([log.opened, log.closed]).toEqual([2, 2])
    }
  }
})

test('a step that fails on a new trainer too is an error, and the next one goes on', async () => {
  const { open } = mortal([2, 4])
  const trainer = await DurableTrainer.open(open, null)
  const [first, third] = [batch(0), batch(2)]
  await trainer.step(first)
  await expect(trainer.step(batch(1))).rejects.toThrow('the worker ended')
  const { loss } = await trainer.step(third)
  const straight = await DurableTrainer.open(mortal([]).open, null)
  await straight.step(first)
  expect(loss).toBe((await straight.step(third)).loss)
})

test('one that was closed stays closed', async () => {
  const { open, log } = mortal([1])
  const trainer = await DurableTrainer.open(open, null)
  await trainer.close()
  await expect(trainer.step(batch(0))).rejects.toThrow('the worker ended')
  expect(log.opened).toBe(1)
  const restored = await DurableTrainer.open(mortal([]).open, null)
  await restored.restore({ weight: 5, step: 2 })
  expect((await restored.step(batch(0))).step).toBe(3)
})
