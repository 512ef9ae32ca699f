export { createTransformer, transformer, type DirectionLabel, type PredictedCandle, type TransformerSpec } from './create-transformer.ts'
