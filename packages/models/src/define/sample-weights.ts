/** Name of the sample weights among the tensors of a training graph. */
export const SAMPLE_WEIGHTS = 'sample.weight'
