import { createRandom } from '@tapeloom/core'

/** One mask to fill: its name in the graph, its sizes with the batch in front, and how much of it is 0. */
interface MaskPlan {
  readonly name: string
  readonly dimensions: readonly number[]
  readonly rate: number
}

/** The masks of dropout of one training session, written in place. */
export class DropoutMasks {
  readonly arrays: ReadonlyMap<string, Float32Array>
  readonly #plans: readonly MaskPlan[]
  readonly #seed: number

  constructor(plans: readonly MaskPlan[], seed: number) {
    this.#plans = plans
    this.#seed = seed
    this.arrays = new Map(
      plans.map(({ name, dimensions }) => [name, new Float32Array(dimensions.reduce((size, length) => size * length, 1))]),
    )
  }

  /**
   * Draws the masks of a step: 0 with probability `rate`, else 1 / (1 − rate). They follow from seed and step alone.
   * @source Marsaglia (2003), Xorshift RNGs, section 4: shifts 13, 17, 5
   */
  draw(step: number): void {
    for (const { name, rate } of this.#plans) {
      const mask = this.arrays.get(name)!
      const [scale, threshold] = [1 / (1 - rate), rate * 4294967296]
      // Never 0, which the generator would repeat for ever.
      let word = 1 + createRandom(this.#seed, 'dropout', name, `${step}`).integer(4294967295)
      for (let i = 0; i < mask.length; i++) {
        word ^= word << 13
        word ^= word >>> 17
        word ^= word << 5
        mask[i] = word >>> 0 < threshold ? 0 : scale
      }
    }
  }
}
