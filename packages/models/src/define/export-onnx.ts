import type { Network } from '@tapeloom/core'
import { compiledOf } from './define-model.ts'
import { bakedGraph } from './model-graphs.ts'

/**
 * A network and its flat weights as an ONNX file (operator set 20) that any ONNX Runtime loads: inputs in, outputs
 * out, the first axis the batch, of any size.
 * @throws TapeloomError `models.weights` when their number is not the network's
 */
export const exportOnnx = (network: Network, weights: Float32Array): Uint8Array =>
  bakedGraph(compiledOf(network), weights)
