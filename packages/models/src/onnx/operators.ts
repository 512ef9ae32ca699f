/** What an operator takes: number of inputs from and to, outputs, attributes by kind (1 float, 2 integer, 3 text, 7 integers). */
export interface OperatorSchema {
  readonly inputs: readonly [number, number]
  readonly outputs?: number
  readonly attributes?: Readonly<Record<string, number>>
}

const [FLOAT, INTEGER, TEXT, INTEGERS] = [1, 2, 3, 7]
const unary: OperatorSchema = { inputs: [1, 1] }
const binary: OperatorSchema = { inputs: [2, 2] }
const alongAxis: OperatorSchema = { inputs: [1, 1], attributes: { axis: INTEGER } }

/**
 * The operators that this package writes, as operator set 20 of the default domain defines them.
 * @source github.com/onnx/onnx, docs/Operators.md, release 1.16
 */
export const STANDARD_OPERATORS: Readonly<Record<string, OperatorSchema>> = {
  Abs: unary, Add: binary, Clip: { inputs: [1, 3] }, Div: binary, Equal: binary, Exp: unary, Expand: binary,
  Cast: { inputs: [1, 1], attributes: { to: INTEGER, saturate: INTEGER } },
  Concat: { inputs: [1, Infinity], attributes: { axis: INTEGER } },
  Gather: { inputs: [2, 2], attributes: { axis: INTEGER } },
  GatherElements: { inputs: [2, 2], attributes: { axis: INTEGER } },
  Gelu: { inputs: [1, 1], attributes: { approximate: TEXT } },
  Gemm: { inputs: [2, 3], attributes: { alpha: FLOAT, beta: FLOAT, transA: INTEGER, transB: INTEGER } },
  Greater: binary, Identity: unary, IsNaN: unary,
  LayerNormalization: { inputs: [2, 3], outputs: 3, attributes: { axis: INTEGER, epsilon: FLOAT, stash_type: INTEGER } },
  Log: unary, LogSoftmax: alongAxis, MatMul: binary, Max: { inputs: [1, Infinity] }, Mul: binary, Neg: unary,
  Pad: { inputs: [2, 4], attributes: { mode: TEXT } },
  ReduceSum: { inputs: [1, 2], attributes: { keepdims: INTEGER, noop_with_empty_axes: INTEGER } },
  Relu: unary,
  Reshape: { inputs: [2, 2], attributes: { allowzero: INTEGER } },
  ScatterElements: { inputs: [3, 3], attributes: { axis: INTEGER, reduction: TEXT } },
  ScatterND: { inputs: [3, 3], attributes: { reduction: TEXT } },
  Shape: { inputs: [1, 1], attributes: { start: INTEGER, end: INTEGER } },
  Sigmoid: unary, Sign: unary, Slice: { inputs: [3, 5] }, Softmax: alongAxis, Sqrt: unary, Sub: binary, Tanh: unary,
  Transpose: { inputs: [1, 1], attributes: { perm: INTEGERS } },
  Where: { inputs: [3, 3] },
}
