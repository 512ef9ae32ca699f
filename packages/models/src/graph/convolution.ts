import { composite, integers, Node, type GradientRule } from './node.ts'
import * as p from './primitives.ts'

/** Sizes of a convolution over rows; `before` zeros stand in front of the first row. */
interface Sizes {
  readonly kernel: number
  readonly stride: number
  readonly before: number
  readonly outputs: number
}

/**
 * Convolution over the rows of `[batch, rows, columns]` by weights `[kernel · columns, channels]` and perhaps a bias
 * → `[batch, outputs, channels]`.
 *
 * With a stride s, s rows are taken as one row of s · columns, which is a mere reshape: what is left is a convolution of
 * stride 1 with ⌈kernel / s⌉ taps, its weights filled up by zeros. So is the gradient of the input, all s phases at once.
 * A window is copied once, by Gather, which copies whole rows.
 */
export function convolution(x: Node, weight: Node, bias: readonly Node[], sizes: Sizes): Node {
  const [windows, phased] = [windowsOf(x, sizes), phasedWeight(weight, sizes)]
  const [channels = 1] = weight.dimensions.slice(1)
  const product = p.gemm(windows, phased, bias[0] ? { bias: bias[0] } : {})
  const result = p.reshape(product, [-1, sizes.outputs, channels])
  const [rows = 1, columns = 1] = x.dimensions.slice(1)
  return composite('Convolution', [x, weight, ...bias], result, { ...sizes, rows, columns })
}

const tapsOf = ({ kernel, stride }: Sizes): number => Math.ceil(kernel / stride)
/** Rows of s · columns that all windows together read. */
const spanOf = (sizes: Sizes): number => sizes.outputs + tapsOf(sizes) - 1

/** Row o of the result: rows o, o + 1, … o + taps − 1 of `[batch, span, width]`, one behind the other. */
function gatherWindows(x: Node, outputs: number, taps: number): Node {
  const width = x.dimensions[2] ?? 1
  if (taps === 1) return p.reshape(x, [-outputs, width])
  const indices = Array.from({ length: outputs * taps }, (_, i) => Math.floor(i / taps) + (i % taps))
  const inputs = [x, integers(indices)]
  const gathered = new Node({ op: 'Gather', inputs, dimensions: [-1, outputs * taps, width], attributes: { axis: 1 } })
  return p.reshape(gathered, [-outputs, taps * width])
}

function windowsOf(x: Node, sizes: Sizes): Node {
  const { stride, before, outputs } = sizes
  const [rows = 1, columns = 1] = x.dimensions.slice(1)
  const behind = spanOf(sizes) * stride - before - rows
  const whole = behind < 0 ? p.slice(x, 1, 0, rows + behind) : x
  const padded = p.pad(whole, 1, before, Math.max(0, behind))
  return gatherWindows(p.reshape(padded, [-1, spanOf(sizes), stride * columns]), outputs, tapsOf(sizes))
}

/** The weights with zeros for the taps that fill up the last group of rows. */
function phasedWeight(weight: Node, sizes: Sizes): Node {
  const [size = 1] = weight.dimensions
  const columns = size / sizes.kernel
  return p.pad(weight, 0, 0, (tapsOf(sizes) * sizes.stride - sizes.kernel) * columns)
}

export const convolutionRule: GradientRule = (node, gradient, wants) => {
  const sizes = node.attributes as unknown as Sizes & { readonly rows: number; readonly columns: number }
  const [x, weight] = [node.inputs[0]!, node.inputs[1]!]
  const channels = weight.dimensions[1] ?? 1
  const flat = p.reshape(gradient, [-sizes.outputs, channels])
  return [
    wants(0) ? inputGradient(gradient, weight, sizes) : undefined,
    wants(1) ? p.slice(p.gemm(windowsIn(node, x, sizes), flat, { transA: true }), 0, 0, weight.dimensions[0] ?? 1) : undefined,
    wants(2) ? p.reduceSum(flat, [0]) : undefined,
  ]
}

/** The windows that the forward pass gathered: the first input of its product. */
function windowsIn(node: Node, x: Node, sizes: Sizes): Node {
  const product = node.expansion?.op === 'Reshape' ? node.expansion.inputs[0] : node.expansion
  return product?.inputs[0] ?? windowsOf(x, sizes)
}

/** Each row of the input meets the outputs that read it: a convolution of the gradient by the taps in reverse. */
function inputGradient(gradient: Node, weight: Node, sizes: Sizes & { readonly rows: number; readonly columns: number }): Node {
  const { stride, before, rows, columns } = sizes
  const [taps, span, channels, width] = [tapsOf(sizes), spanOf(sizes), weight.dimensions[1] ?? 1, stride * columns]
  const windows = gatherWindows(p.pad(gradient, 1, taps - 1, taps - 1), span, taps)
  const grouped = p.reshape(phasedWeight(weight, sizes), [taps, width, channels])
  const last = Array.from({ length: taps }, (_, tap) => p.slice(grouped, 0, taps - 1 - tap, taps - tap))
  const reversed = p.reshape(p.transpose(p.concat(last, 0), [0, 2, 1]), [taps * channels, width])
  const padded = p.reshape(p.gemm(windows, reversed), [-1, span * stride, columns])
  const end = Math.min(before + rows, span * stride)
  const kept = before === 0 && end === span * stride ? padded : p.slice(padded, 1, before, end)
  return p.pad(kept, 1, 0, before + rows - end)
}
