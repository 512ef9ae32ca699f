import { STANDARD_OPERATORS } from './operators.ts'
import type { OnnxGraph, OnnxModel } from './read-model.ts'

const BYTES: Readonly<Record<number, number>> = { 1: 4, 7: 8, 9: 1, 11: 8 }
const IR_VERSIONS = [3, 13] as const

/**
 * What is wrong with a model by the rules of the ONNX specification, empty where nothing is: versions, a name for every
 * value and one value for every name, users behind makers, operators of the operator set with as many inputs, outputs and
 * attributes as it gives them, initializers as long as their shape.
 * @source ONNX IR specification, "Graphs", "Nodes", "Names"; ONNX operator schemas, operator set 20
 */
export function checkOnnx({ irVersion, operatorSets, graph }: OnnxModel): string[] {
  const wrong: string[] = []
  if (irVersion < IR_VERSIONS[0] || irVersion > IR_VERSIONS[1]) wrong.push(`IR version ${irVersion} is unknown`)
  if (!operatorSets['ai.onnx']) wrong.push('no operator set is imported')
  if (graph.name === '') wrong.push('the graph has no name')
  for (const { name, type, dimensions } of [...graph.inputs, ...graph.outputs]) {
    if (type === 0 || !dimensions) wrong.push(`'${name}' has no type or shape`)
    const unsized = dimensions?.some((size) => size === '' || (typeof size === 'number' && size < 0))
    if (unsized) wrong.push(`'${name}' has a size of no value`)
  }
  return [...wrong, ...checkInitializers(graph), ...checkNodes(graph)]
}

function checkInitializers({ initializers }: OnnxGraph): string[] {
  return initializers.flatMap(({ name, type, dimensions, rawBytes }) => {
    const size = dimensions.reduce((product, length) => product * length, BYTES[type] ?? NaN)
    return size === rawBytes ? [] : [`initializer '${name}' has ${rawBytes} bytes, not ${size}`]
  })
}

function checkNodes({ nodes, inputs, outputs, initializers }: OnnxGraph): string[] {
  const wrong: string[] = []
  const known = new Set<string>()
  const define = (name: string) => {
    if (name === '' || known.has(name)) wrong.push(`the name '${name}' is given twice or empty`)
    known.add(name)
  }
  for (const { name } of [...inputs, ...initializers]) define(name)
  for (const node of nodes) {
    const schema = STANDARD_OPERATORS[node.op]
    const missing = node.inputs.find((name) => name !== '' && !known.has(name))
    if (missing !== undefined) wrong.push(`${node.op} reads '${missing}' before it is made`)
    node.outputs.filter((name) => name !== '').forEach(define)
    if (!schema || node.domain !== 'ai.onnx') {
      wrong.push(`${node.domain}.${node.op} is no operator that this package writes`)
      continue
    }
    const { inputs: counts, outputs: most = 1, attributes = {} } = schema
    if (node.inputs.length < counts[0] || node.inputs.length > counts[1]) wrong.push(`${node.op} has ${node.inputs.length} inputs`)
    if (node.outputs.length < 1 || node.outputs.length > most) wrong.push(`${node.op} has ${node.outputs.length} outputs`)
    for (const { name, kind } of node.attributes) {
      if (attributes[name] !== kind) wrong.push(`${node.op} has an attribute '${name}' of kind ${kind}`)
    }
  }
  for (const { name } of outputs) if (!known.has(name)) wrong.push(`output '${name}' is never made`)
  return wrong
}
