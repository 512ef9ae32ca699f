import { readProtobuf, type ProtobufField } from './protobuf-reader.ts'

/** A tensor that goes in or out; a size is a number, or a name where it varies. */
export interface OnnxValue {
  readonly name: string
  /** Code of onnx.proto3's TensorProto.DataType; 1 is float32. 0: no tensor. */
  readonly type: number
  /** Absent where the file does not say. */
  readonly dimensions: readonly (number | string)[] | undefined
}
export interface OnnxNode {
  readonly op: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: readonly { readonly name: string; readonly kind: number }[]
  readonly graphs: readonly OnnxGraph[]
}
export interface OnnxInitializer {
  readonly name: string
  readonly type: number
  readonly dimensions: readonly number[]
  readonly rawBytes: number
  readonly external: boolean
}
export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxInitializer[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}
/** What an ONNX file says of itself, without the numbers. */
export interface OnnxModel {
  readonly irVersion: number
  readonly operatorSets: Readonly<Record<string, number>>
  readonly graph: OnnxGraph
}

const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)
const all = (fields: readonly ProtobufField[], field: number) => fields.filter((one) => one.field === field)
const bytesOf = (fields: readonly ProtobufField[], field: number): Uint8Array | undefined => all(fields, field).at(-1)?.bytes
const textOf = (fields: readonly ProtobufField[], field: number): string => text(bytesOf(fields, field) ?? new Uint8Array())
const integerOf = (fields: readonly ProtobufField[], field: number): number => Number(all(fields, field).at(-1)?.integer ?? 0n)
const messages = <T>(fields: readonly ProtobufField[], field: number, read: (inner: ProtobufField[]) => T): T[] =>
  all(fields, field).map(({ bytes }) => read(readProtobuf(bytes)))

/**
 * Reads the structure of an ONNX file.
 * @source ONNX IR specification, onnx.proto3
 * @throws RangeError or TypeError where the bytes are no such file
 */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const fields = readProtobuf(bytes)
  const graph = bytesOf(fields, 7)
  if (!graph) throw new RangeError('there is no graph in it')
  const sets = messages(fields, 8, (set) => [textOf(set, 1) || 'ai.onnx', integerOf(set, 2)] as const)
  return { irVersion: integerOf(fields, 1), operatorSets: Object.fromEntries(sets), graph: readGraph(readProtobuf(graph)) }
}

const readGraph = (fields: readonly ProtobufField[]): OnnxGraph => ({
  name: textOf(fields, 2),
  nodes: messages(fields, 1, readNode),
  initializers: messages(fields, 5, readInitializer),
  inputs: messages(fields, 11, readValue),
  outputs: messages(fields, 12, readValue),
})

const readNode = (fields: readonly ProtobufField[]): OnnxNode => ({
  op: textOf(fields, 4),
  domain: textOf(fields, 7) || 'ai.onnx',
  inputs: all(fields, 1).map(({ bytes }) => text(bytes)),
  outputs: all(fields, 2).map(({ bytes }) => text(bytes)),
  attributes: messages(fields, 5, (attribute) => ({ name: textOf(attribute, 1), kind: integerOf(attribute, 20) })),
  graphs: messages(fields, 5, (attribute) => messages(attribute, 6, readGraph)).flat(),
})

/** A list of integers stands packed in one field, or one a field. */
function integersOf(fields: readonly ProtobufField[], field: number): number[] {
  return all(fields, field).flatMap(({ integer, bytes }) => {
    if (bytes.length === 0) return [Number(integer)]
    // Each integer as a message of one field.
    const list: number[] = []
    for (let at = 0; at < bytes.length; ) {
      let end = at
      while (bytes[end]! >= 0x80) end++
      list.push(Number(readProtobuf(Uint8Array.of(8, ...bytes.subarray(at, end + 1)))[0]!.integer))
      at = end + 1
    }
    return list
  })
}

const readInitializer = (fields: readonly ProtobufField[]): OnnxInitializer => ({
  name: textOf(fields, 8),
  type: integerOf(fields, 2),
  dimensions: integersOf(fields, 1),
  rawBytes: bytesOf(fields, 9)?.length ?? -1,
  external: integerOf(fields, 14) === 1 || all(fields, 13).length > 0,
})

function readValue(fields: readonly ProtobufField[]): OnnxValue {
  const tensor = messages(fields, 2, (type) => messages(type, 1, (inner) => inner)[0])[0]
  const dimensions = tensor && messages(tensor, 2, (shape) => messages(shape, 1, readDimension))[0]
  return { name: textOf(fields, 1), type: tensor ? integerOf(tensor, 1) : 0, dimensions }
}

const readDimension = (fields: readonly ProtobufField[]): number | string =>
  all(fields, 1).length > 0 ? integerOf(fields, 1) : textOf(fields, 2)
