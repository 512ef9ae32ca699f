/**
 * Volume-weighted mean price since the start or the last `reset`; NaN while no volume is in. A missing number makes it
 * NaN until `reset`.
 */
export class Vwap {
  /** `[Σ price × volume, Σ volume]`: copy it to snapshot, set it to restore. */
  readonly state = new Float64Array(2)

  /** Takes the next price (usually (high + low + close)/3) with its volume and returns the mean. */
  // `!` below: the state has two elements.
  add(price: number, volume: number): number {
    const { state } = this
    state[0] = state[0]! + price * volume
    const total = (state[1] = state[1]! + volume)
    return total === 0 ? NaN : state[0]! / total
  }

  /** Begins a new session. */
  reset(): void {
    this.state.fill(0)
  }
}
