/** A symbolic tensor: `shape` is that of one sample; the batch axis is implicit and leads. */
export interface Tensor {
  readonly shape: readonly number[]
}
