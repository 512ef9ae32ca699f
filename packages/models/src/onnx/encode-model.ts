import { TapeloomError } from '@tapeloom/core'
import { written, type Dimensions, type ElementType, type Node } from '../graph/node.ts'
import { topologicalOrder } from '../graph/topological-order.ts'
import { ProtobufWriter } from './protobuf.ts'

/** Precision of a graph's `float` tensors. */
export type Precision = 'float32' | 'float64'
export interface ModelSpec {
  readonly name: string
  /** Fed tensors in the order of the file; those that no output needs are left out. */
  readonly inputs: ReadonlyMap<string, Node>
  readonly outputs: ReadonlyMap<string, Node>
  /** Samples per run, or undefined for any number. */
  readonly batch: number | undefined
  readonly precision?: Precision
  /** Whether one operator stands for a composite where there is one: in float32, for graphs that only answer. */
  readonly fused?: boolean
  /** Values of parameters to store in the file instead of asking for them as inputs. */
  readonly stored?: ReadonlyMap<Node, Float32Array>
}

// Field numbers and codes of onnx.proto3 (github.com/onnx/onnx), IR version 9 for operator set 20.
const IR_VERSION = 9
/** The operator set of every file this package writes. */
export const OPERATOR_SET = 20
const ELEMENT = { float32: 1, int64: 7, bool: 9, float64: 11 } as const
const ATTRIBUTE = { integer: 2, text: 3, integers: 7 } as const

/**
 * Serialises what the outputs reach as an ONNX model of standard operators (operator set 20).
 * @source ONNX IR specification, onnx.proto3
 * @throws TapeloomError `models.graph` when a leaf is neither an input of the model nor a constant
 */
export function encodeModel(spec: ModelSpec): Uint8Array {
  const order = topologicalOrder([...spec.outputs.values()], formIn(spec))
  const names = nameNodes(order, spec)
  const graph = new ProtobufWriter()
  for (const node of order) {
    if (node.leaf) writeInitializer(graph, node, names.get(node)!, spec)
    else if (names.get(node) !== names.get(formIn(spec)(node.inputs[0]!))) writeNode(graph, node, names, spec)
  }
  // An output is a copy under its own name, so that an input or a node with two names can be an output too.
  for (const [name, node] of spec.outputs) {
    graph.message(1, (message) => message.text(1, names.get(formIn(spec)(node))!).text(2, name).text(4, 'Identity'))
  }
  graph.text(2, spec.name)
  const reached = new Set(order)
  for (const [name, node] of spec.inputs) if (reached.has(node)) writeValue(graph, 11, name, node, spec)
  for (const [name, node] of spec.outputs) writeValue(graph, 12, name, node, spec)
  return new ProtobufWriter()
    .integer(1, IR_VERSION)
    .text(2, 'tapeloom')
    .bytes(7, graph.finish())
    .message(8, (set) => set.text(1, '').integer(2, OPERATOR_SET))
    .finish()
}

const formIn = (spec: ModelSpec) => (node: Node): Node => written(node, spec.fused)

function nameNodes(order: readonly Node[], spec: ModelSpec): Map<Node, string> {
  const names = new Map<Node, string>()
  for (const [name, node] of spec.inputs) names.set(node, name)
  const fed = new Set(spec.inputs.values())
  order.forEach((node, i) => {
    if (names.has(node)) return
    // Where no mask is fed, nothing is dropped: the node is another name of its input.
    if (node.op === 'Dropout' && !fed.has(node.inputs[1]!)) return void names.set(node, names.get(formIn(spec)(node.inputs[0]!))!)
    if (node.leaf?.kind === 'dropout') return void names.set(node, '')
    if (node.leaf && node.leaf.kind !== 'constant' && !spec.stored?.has(node)) {
      throw new TapeloomError(
        'models.graph',
        `[models ${spec.name}] a tensor of another model is used. Build each model from its own inputs.`,
      )
    }
    // A slash, so that no name a user may give is taken.
    names.set(node, `/${node.leaf?.kind ?? node.op.toLowerCase()}_${i}`)
  })
  return names
}

const elementCode = (type: ElementType, spec: ModelSpec): number =>
  type === 'float' ? ELEMENT[spec.precision ?? 'float32'] : ELEMENT[type]

function writeNode(graph: ProtobufWriter, node: Node, names: ReadonlyMap<Node, string>, spec: ModelSpec): void {
  graph.message(1, (message) => {
    for (const input of node.inputs) message.text(1, names.get(formIn(spec)(input))!)
    message.text(2, names.get(node)!).text(4, node.op === 'Dropout' ? 'Mul' : node.op)
    const attributes = node.op === 'Cast' ? { to: elementCode(node.type, spec) } : node.attributes
    for (const [name, value] of Object.entries(attributes)) {
      message.message(5, (attribute) => {
        attribute.text(1, name)
        if (typeof value === 'number') attribute.integer(3, value).integer(20, ATTRIBUTE.integer)
        else if (typeof value === 'string') attribute.text(4, value).integer(20, ATTRIBUTE.text)
        else {
          for (const item of value) attribute.integer(8, item)
          attribute.integer(20, ATTRIBUTE.integers)
        }
      })
    }
  })
}

function writeInitializer(graph: ProtobufWriter, node: Node, name: string, spec: ModelSpec): void {
  const values = spec.stored?.get(node) ?? (node.leaf?.kind === 'constant' ? node.leaf.values : undefined)
  if (!values) return
  const raw =
    node.type === 'int64'
      ? BigInt64Array.from(values, BigInt)
      : spec.precision === 'float64'
        ? Float64Array.from(values)
        : Float32Array.from(values)
  graph.message(5, (tensor) => {
    for (const length of node.dimensions) tensor.integer(1, length)
    tensor.integer(2, elementCode(node.type, spec)).text(8, name).bytes(9, new Uint8Array(raw.buffer))
  })
}

function writeValue(graph: ProtobufWriter, field: number, name: string, node: Node, spec: ModelSpec): void {
  graph.message(field, (value) =>
    value
      .text(1, name)
      .message(2, (type) =>
        type.message(1, (tensor) =>
          tensor
            .integer(1, elementCode(node.type, spec))
            .message(2, (shape) => writeShape(shape, node.dimensions, spec.batch)),
        ),
      ),
  )
}

function writeShape(shape: ProtobufWriter, dimensions: Dimensions, batch: number | undefined): void {
  for (const length of dimensions) {
    shape.message(1, (dimension) => {
      if (length >= 0) dimension.integer(1, length)
      else if (batch === undefined) dimension.text(2, length === -1 ? 'batch' : `batch_${-length}`)
      else dimension.integer(1, -length * batch)
    })
  }
}
