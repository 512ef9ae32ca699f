/** Bytes that the series in memory may take together. */
export class MemoryBudget {
  readonly limitBytes: number
  usedBytes = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** Takes `bytes` when they are free; says whether it did. */
  take(bytes: number): boolean {
    if (this.usedBytes + bytes > this.limitBytes) return false
    this.usedBytes += bytes
    return true
  }
}
