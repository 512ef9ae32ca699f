import type { MemoryBudget } from './memory-budget.ts'

/** Column of the volume in a candle row. */
const VOLUME = 4

/**
 * ln(1 + v) of the volumes in a ring's slots, computed once a candle instead of once a window. Each stands beside the volume
 * it belongs to, so that none is ever taken for that of a newer candle.
 */
export class VolumeLogs {
  readonly #budget: MemoryBudget
  #volumes = new Float64Array() // ln(1 + 0) = 0: slots begin right
  #logs = new Float64Array()

  constructor(budget: MemoryBudget) {
    this.#budget = budget
  }

  /** By slot, right for `count` slots from `slot` on; undefined where the budget has no room for them. */
  of(rows: Float64Array, stride: number, slot: number, count: number): Float64Array | undefined {
    const room = rows.length / stride
    if (this.#logs.length < room) {
      if (!this.#budget.take(16 * (room - this.#logs.length))) return undefined
      this.#volumes = new Float64Array(room)
      this.#logs = new Float64Array(room)
    }
    const [volumes, logs] = [this.#volumes, this.#logs]
    for (let i = slot; i < slot + count; i++) {
      const volume = rows[i * stride + VOLUME]! // i < room
      if (volumes[i] === volume) continue
      volumes[i] = volume
      logs[i] = Math.log1p(volume)
    }
    return logs
  }
}
