/**
 * What all operators share: memory that is one plain `Float64Array`, the newest value in front, and a reset.
 * `add` takes the next input and returns the main output; every output is NaN while it is not known.
 */
export abstract class Kernel {
  /** All that it knows, outputs first. Copy it to snapshot; set it, or construct over it, to restore. */
  readonly state: Float64Array
  readonly #missing: number

  /**
   * `missing` leading elements of `size` begin as NaN, the others as 0; `state` is memory to go on with, not copied.
   * @throws RangeError when `state` has another size
   */
  protected constructor(where: string, missing: number, size: number, state?: Float64Array) {
    if (state !== undefined && state.length !== size) {
      throw new RangeError(
        `[indicators ${where}] the state has ${state.length} numbers, these parameters need ${size}. ` +
          'Give a state that was made with the same parameters.',
      )
    }
    this.state = state ?? new Float64Array(size).fill(NaN, 0, missing)
    this.#missing = missing
  }

  /** The newest main output, as `add` returned it; NaN before. */
  get value(): number {
    return this.state[0]! // every state has at least its outputs
  }

  /** Forgets all inputs. */
  reset(): void {
    this.state.fill(0).fill(NaN, 0, this.#missing)
  }
}
