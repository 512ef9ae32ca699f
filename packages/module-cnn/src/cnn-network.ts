import type { Lane, Timeframe } from '@tapeloom/core'
import {
  adamW, add, clip, concat, conv1d, crossEntropy, defineModel, dense, huber, meanPool, mul, relu, reshape, slice,
  type Optimizer, type Tensor,
} from '@tapeloom/models'

/** What the network reads, and how it learns. */
export interface CnnShape {
  /** All of one window: row i of each is its i-th oldest, side by side. */
  readonly lanes: readonly Lane[]
  /** Number of columns of other modules. */
  readonly columns: number
  readonly optimizer?: Optimizer
  /** Samples of a training step; default 16. */
  readonly batch?: number
}
/** One unit of the network's `move` output and target, in bps. */
export const MOVE_UNIT_BPS = 10
/** Columns beyond ± this are cut: a network of shared scale is not for outliers. */
const WIDEST = 10

/** Name of the input of a lane: `candles1m`, or `candles1m_2` for a second one of this timeframe. */
export const laneInput = (lanes: readonly Lane[], at: number): string => {
  const { timeframe } = lanes[at]!
  const earlier = lanes.slice(0, at).filter((other) => other.timeframe === timeframe).length
  return `candles${(timeframe as Timeframe).replace('.', '_')}${earlier > 0 ? `_${earlier + 1}` : ''}`
}

/**
 * Lanes with their masks as channels → convolutions of 32, 64, 64 channels, kernel 5, stride 1, 2, 2 → mean over rows,
 * beside 64 units over columns and position → 64 units → heads. Targets carry in their last place whether they are
 * known (1) or not (0): `move` [10 bps, known], `turn` [10 bps to the next pivot's price, ln(1 + bars to it), known],
 * `direction` always.
 */
export function cnnNetwork({ lanes, columns, optimizer, batch = 16 }: CnnShape) {
  const names = lanes.map((_, at) => laneInput(lanes, at))
  const window = lanes[0]!.window
  const shapes: Record<string, readonly [number] | readonly [number, number]> = {
    columns: [columns], columnsMask: [columns], position: [10], positionMask: [10],
  }
  for (const name of names) Object.assign(shapes, { [name]: [window, 5], [`${name}Mask`]: [window] })
  return defineModel({
    name: 'cnn',
    inputs: shapes,
    targets: { direction: 'class', move: [2], turn: [3] },
    batch,
    optimizer: optimizer ?? adamW({ learningRate: 3e-3, weightDecay: 0.3, averageDecay: 0.99, clipNorm: 1 }),
    forward(inputs) {
      const channels = concat(...names.flatMap((name) => [inputs[name]!, reshape(inputs[`${name}Mask`]!, [window, 1])]))
      let rows: Tensor = channels
      for (const [size, stride] of [[32, 1], [64, 2], [64, 2]] as const) {
        rows = relu(conv1d(rows, size, { kernel: 5, stride }))
      }
      const { columns: read, columnsMask, position, positionMask } = inputs as Readonly<Record<string, Tensor>>
      const told = [clip(read!, -WIDEST, WIDEST), columnsMask!, clip(position!, -WIDEST, WIDEST), positionMask!]
      const trunk = relu(dense(concat(meanPool(rows), relu(dense(concat(...told), 64))), 64))
      return { direction: dense(trunk, 3), move: dense(trunk, 1), turn: dense(trunk, 2) }
    },
    loss: (output, target) =>
      add(
        crossEntropy(output.direction, target.direction),
        mul(0.1, add(known(output.move, target.move, 1), known(output.turn, target.turn, 2))),
      ),
  })
}

/** Huber loss of the first `size` numbers of a target, times its last: 0 where they are not known. */
function known(output: Tensor, target: Tensor, size: number): Tensor {
  const flag = reshape(slice(target, 0, size, size + 1), [])
  return mul(flag, huber(output, slice(target, 0, 0, size)))
}
