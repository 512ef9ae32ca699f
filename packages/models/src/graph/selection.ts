import { composite, constant, integers, Node, type GradientRule } from './node.ts'
import { align, broadcast, expand, gemm, reshape, shapeError, show, transpose } from './primitives.ts'

const cast = (x: Node, type: 'bool' | 'int64'): Node =>
  x.type === type ? x : new Node({ op: 'Cast', inputs: [x], dimensions: x.dimensions, type })

/** a where the condition is not 0, else b; sizes of 1 are repeated. */
export function where(condition: Node, a: Node, b: Node): Node {
  const rank = Math.max(condition.dimensions.length, a.dimensions.length, b.dimensions.length)
  const inputs = [cast(align(condition, rank), 'bool'), align(a, rank), align(b, rank)] as const
  const dimensions = inputs.map((node) => node.dimensions).reduce((x, y) => broadcast('where', x, y))
  return new Node({ op: 'Where', inputs, dimensions })
}

/** Rows of a table that all samples share: `[n, …]` by indices `[…]` → `[indices…, …]`. */
export function gatherRows(table: Node, indices: Node): Node {
  if (table.batched || table.dimensions.length === 0) {
    throw shapeError('gather', `${show(table.dimensions)} is no table that samples share`, 'Use parameter(), or pick().')
  }
  const dimensions = [...indices.dimensions, ...table.dimensions.slice(1)]
  return new Node({ op: 'Gather', inputs: [table, cast(indices, 'int64')], dimensions, attributes: { axis: 0 } })
}

/** Adds rows to those of a table of zeros, shaped as `table`: the gradient of `gatherRows`. */
export function scatterRows(rows: Node, indices: Node, table: Node): Node {
  const places = reshape(indices, [...indices.dimensions, 1])
  const inputs = [expand(constant(0), table), places, rows]
  return new Node({ op: 'ScatterND', inputs, dimensions: table.dimensions, attributes: { reduction: 'add' } })
}

/** Elements of the last axis, for each row by its own indices: `[…, n]`, `[…, k]` → `[…, k]`. */
export function gatherElements(x: Node, indices: Node): Node {
  const [lead, leadOf] = [x.dimensions.slice(0, -1), indices.dimensions.slice(0, -1)]
  if (lead.length === 0 || lead.length !== leadOf.length || lead.some((length, i) => length !== leadOf[i])) {
    throw shapeError(
      'pick', `${show(x.dimensions)} and indices ${show(indices.dimensions)} do not match`, 'Differ in the last axis only.',
    )
  }
  const attributes = { axis: x.dimensions.length - 1 }
  return new Node({ op: 'GatherElements', inputs: [x, cast(indices, 'int64')], dimensions: indices.dimensions, attributes })
}

/** Adds elements to zeros shaped as `like`: the gradient of `gatherElements`. */
export function scatterElements(elements: Node, indices: Node, like: Node): Node {
  const attributes = { axis: like.dimensions.length - 1, reduction: 'add' }
  const inputs = [expand(constant(0), like), indices, elements]
  return new Node({ op: 'ScatterElements', inputs, dimensions: like.dimensions, attributes })
}

/** The elements `indices` of one axis, in that order. */
export function take(x: Node, indices: readonly number[], axis: number): Node {
  const length = x.dimensions[axis] ?? 0
  const wrong = indices.find((index) => !(Number.isInteger(index) && index >= 0 && index < length))
  if (indices.length === 0) throw shapeError('gather', 'there are no indices', `Pass at least one of 0..${length - 1}.`)
  if (wrong !== undefined) {
    throw shapeError('gather', `index ${wrong} is outside of axis ${axis} of ${show(x.dimensions)}`, `Stay in 0..${length - 1}.`)
  }
  const dimensions = x.dimensions.with(axis, indices.length)
  const gathered = new Node({ op: 'Gather', inputs: [x, integers(indices)], dimensions, attributes: { axis } })
  return composite('Take', [x], gathered, { indices, axis })
}

/** Each element's gradient goes to where it was taken from: a product with a matrix of 0 and 1, on the axis put last. */
export const takeRule: GradientRule = (node, gradient) => {
  const { indices, axis } = node.attributes as { readonly indices: readonly number[]; readonly axis: number }
  const dimensions = node.inputs[0]!.dimensions
  const [last, length] = [dimensions.length - 1, dimensions[axis] ?? 0]
  const swap = [...dimensions.keys()].with(axis, last).with(last, axis)
  const front = axis === last ? gradient : transpose(gradient, swap)
  const rows = front.dimensions.slice(0, -1).reduce((product, size) => product * size, 1)
  const places = constant(
    indices.flatMap((index) => Array.from({ length }, (_, place) => (index === place ? 1 : 0))),
    [indices.length, length],
  )
  const spread = reshape(gemm(reshape(front, [rows, indices.length]), places), front.dimensions.with(-1, length))
  return [axis === last ? spread : transpose(spread, swap)]
}
