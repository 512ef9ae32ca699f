import { createRandom, type Plain, type SeededRandom } from '@tapeloom/core'
import { fromPlain, toPlain } from '../reference/frame-tensors.ts'
import type { ReferenceInput } from '../reference/inference-frame-reference.ts'
import { drawHardAndRandom, type Drawn } from '../replay/hard-and-random.ts'
import type { QueuedSample } from './queued-sample.ts'

/** Samples of the past that can be drawn again; the oldest go. */
const MOST = 10_000

/** The samples of one queue that batches are drawn from: a quarter the hardest, the rest at random. */
export class ReplayMemory {
  #samples: QueuedSample[] = []
  #hardness: number[] = []
  readonly #random: SeededRandom
  /** Samples since the last draw. */
  fresh = 0
  drawn: Drawn = { hard: 0, random: 0 }

  constructor(seed: number, name: string) {
    this.#random = createRandom(seed, 'replay', name)
  }

  /** Adds a sample; returns the one that left for it, if any. */
  add(sample: QueuedSample, hardness: number): QueuedSample | undefined {
    this.#samples.push(sample)
    this.#hardness.push(hardness)
    this.fresh++
    if (this.#samples.length <= MOST) return undefined
    this.#hardness.shift()
    return this.#samples.shift()
  }

  /** A batch of what there is; a sample says `first` the first time it is drawn. */
  draw(size: number): readonly QueuedSample[] {
    const { positions, drawn } = drawHardAndRandom(this.#hardness, size, this.#random)
    this.fresh = 0
    this.drawn = { hard: this.drawn.hard + drawn.hard, random: this.drawn.random + drawn.random }
    return positions.map((i) => {
      const sample = this.#samples[i]!
      if (sample.first) this.#samples[i] = { ...sample, first: false }
      return sample
    })
  }

  /** Takes all samples out: nothing will draw them. */
  clear(): readonly QueuedSample[] {
    const samples = this.#samples
    ;[this.#samples, this.#hardness, this.fresh] = [[], [], 0]
    return samples
  }

  snapshot(): Plain {
    const samples = this.#samples.map(({ reference, ...sample }) => ({ ...sample, reference: toPlain(reference) }))
    return { samples, hardness: Float64Array.from(this.#hardness), random: this.#random.state.slice(), fresh: this.fresh, drawn: { ...this.drawn } } as unknown as Plain
  }
  restore(state: Plain, inputs: readonly ReferenceInput[]): void {
    const { samples, hardness, random, fresh, drawn } = state as unknown as {
      samples: (Omit<QueuedSample, 'reference'> & { reference: Plain })[]; hardness: Float64Array; random: Float64Array; fresh: number; drawn: Drawn
    }
    this.#samples = samples.map(({ reference, ...sample }) => ({ ...sample, reference: fromPlain(reference, inputs) }))
    this.#hardness = [...hardness]
    this.#random.state.set(random)
    this.fresh = fresh
    this.drawn = drawn
  }
}
