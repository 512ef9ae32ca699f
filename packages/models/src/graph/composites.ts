import { composite, constant, Node, type GradientRule } from './node.ts'
import * as p from './primitives.ts'

const [LINEAR, CUBIC] = [2 * Math.sqrt(2 / Math.PI), 2 * Math.sqrt(2 / Math.PI) * 0.044715]

/**
 * x · sigmoid(2√(2/π)(x + 0.044715 x³)): the tanh form of GELU, since ½(1 + tanh z) = sigmoid(2z).
 * @source Hendrycks, Gimpel (2016), Gaussian Error Linear Units, section 2
 */
export function geluOf(x: Node): Node {
  const square = p.mul(x, x)
  const slope = p.add(p.mul(square, constant(CUBIC)), constant(LINEAR))
  const fused = new Node({ op: 'Gelu', inputs: [x], dimensions: x.dimensions, attributes: { approximate: 'tanh' } })
  return composite('Gelu', [x], p.mul(x, p.sigmoid(p.mul(x, slope))), {}, fused)
}

/** With y = x · s and s = sigmoid(x (a + b x²)): y' = s + y (1 − s)(a + 3b x²). */
export const geluRule: GradientRule = (node, gradient) => {
  const y = node.expansion!
  const [x, s] = [y.inputs[0]!, y.inputs[1]!]
  const square = p.mul(x, x)
  const steepness = p.add(p.mul(square, constant(3 * CUBIC)), constant(LINEAR))
  const outer = p.mul(p.sub(y, p.mul(y, s)), steepness)
  return [p.mul(gradient, p.add(s, outer))]
}

/** Where LayerNormalization says nothing else. */
const STANDARD_EPSILON = 1e-5

/** Mean along the last axis, which stays with size 1. */
function average(x: Node): Node {
  return p.mul(p.reduceSum(x, [x.dimensions.length - 1], true), constant(1 / (x.dimensions.at(-1) ?? 1)))
}

/**
 * The last axis shifted and scaled to mean 0 and variance 1.
 * @source Ba, Kiros, Hinton (2016), Layer Normalization, equation 4
 */
export function normalised(x: Node, epsilon: number): Node {
  const centred = p.sub(x, average(x))
  const deviation = p.sqrt(p.add(average(p.mul(centred, centred)), constant(epsilon)))
  const scale = constant(new Array<number>(x.dimensions.at(-1) ?? 1).fill(1))
  const fused = new Node({ op: 'LayerNormalization', inputs: [x, scale], dimensions: x.dimensions })
  const product = p.mul(centred, p.div(constant(1), deviation))
  return composite('LayerNorm', [x], product, {}, epsilon === STANDARD_EPSILON ? fused : undefined)
}

/** With n = (x − mean) / σ: (g − mean(g) − n · mean(g n)) / σ. */
export const layerNormRule: GradientRule = (node, gradient) => {
  const n = node.expansion!
  const scale = n.inputs[1]!
  const shifted = p.sub(gradient, average(gradient))
  return [p.mul(p.sub(shifted, p.mul(n, average(p.mul(gradient, n)))), scale)]
}
