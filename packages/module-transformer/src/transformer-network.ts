import type { Lane } from '@tapeloom/core'
import {
  adamW, add, clip, concat, crossEntropy, defineModel, dense, dropout, gelu, huber, layerNorm, meanPool, mul, parameter,
  reshape, selfAttention, slice, type Optimizer, type Tensor,
} from '@tapeloom/models'

/** What the network reads, and how it learns. */
export interface TransformerShape {
  /** Windows may differ: each row is a token. */
  readonly lanes: readonly Lane[]
  /** Number of columns of other modules. */
  readonly columns: number
  /** Share of elements that training drops; default 0.1. */
  readonly dropout?: number
  readonly optimizer?: Optimizer
  /** Samples of a training step; default 16. */
  readonly batch?: number
}
/** One unit of the network's `candle` output and target, in bps. */
export const CANDLE_UNIT_BPS = 10
const [WIDTH, HEADS, BLOCKS] = [64, 4, 2]
/** Columns beyond ± this are cut. */
const WIDEST = 10

/** Name of the input of a lane: `candles1m`, or `candles1m_2` for a second one of this timeframe. */
export const laneInput = (lanes: readonly Lane[], at: number): string => {
  const { timeframe } = lanes[at]!
  const earlier = lanes.slice(0, at).filter((other) => other.timeframe === timeframe).length
  return `candles${timeframe.replace('.', '_')}${earlier > 0 ? `_${earlier + 1}` : ''}`
}

/**
 * A token a row of each lane (its five numbers, an embedding of the lane and one of its age), one of the columns and one of
 * the position → 2 pre-norm blocks of 4 heads over 64 columns; rows that are padding are attended to by none → the mean
 * of the tokens beside that of the columns → heads. The target `candle` carries in its last place whether it is known.
 * @source Vaswani et al. (2017), Attention Is All You Need; Xiong et al. (2020), On Layer Normalization: the pre-norm order
 */
export function transformerNetwork({ lanes, columns, dropout: rate = 0.1, optimizer, batch = 16 }: TransformerShape) {
  const names = lanes.map((_, at) => laneInput(lanes, at))
  const shapes: Record<string, readonly [number] | readonly [number, number]> = {
    columns: [columns], columnsMask: [columns], position: [10], positionMask: [10],
  }
  for (const [at, name] of names.entries()) {
    Object.assign(shapes, { [name]: [lanes[at]!.window, 5], [`${name}Mask`]: [lanes[at]!.window] })
  }
  return defineModel({
    name: 'transformer',
    inputs: shapes,
    targets: { direction: 'class', candle: [6] },
    batch,
    optimizer: optimizer ?? adamW({ learningRate: 2e-3, weightDecay: 0.5, averageDecay: 0.99, clipNorm: 1 }),
    forward(given) {
      const inputs = given as Readonly<Record<string, Tensor>>
      const told = (name: string): Tensor => dense(concat(clip(inputs[name]!, -WIDEST, WIDEST), inputs[`${name}Mask`]!), WIDTH)
      const columnsToken = told('columns')
      const { tokens, mask } = joined(lanes, names, inputs, [columnsToken, told('position')])
      let x = tokens
      for (let block = 0; block < BLOCKS; block++) {
        x = add(x, dropout(selfAttention(layerNorm(x), { heads: HEADS, mask }), rate))
        x = add(x, dropout(dense(gelu(dense(layerNorm(x), 4 * WIDTH)), WIDTH), rate))
      }
      const rows = tokens.shape[0]!
      const read = layerNorm(x)
      const trunk = concat(meanPool(read, mask), reshape(slice(read, 0, rows - 2, rows - 1), [WIDTH]))
      return { direction: dense(trunk, 3), candle: dense(trunk, 5) }
    },
    loss: (output, target) => {
      const isKnown = reshape(slice(target.candle, 0, 5, 6), [])
      return add(
        crossEntropy(output.direction, target.direction),
        mul(mul(0.1, isKnown), huber(output.candle, slice(target.candle, 0, 0, 5))),
      )
    },
  })
}

/** All tokens `[rows, 64]`, those given last, and which of them are there. The newest row has age 0. */
function joined(
  lanes: readonly Lane[], names: readonly string[], inputs: Readonly<Record<string, Tensor>>, last: readonly Tensor[],
): { readonly tokens: Tensor; readonly mask: Tensor } {
  const oldest = Math.max(...lanes.map(({ window }) => window))
  const ages = parameter([oldest, WIDTH], { initialise: 'glorot' }) // of equal distance in rows, whatever the timeframe
  const parts = lanes.map(({ window }, at) => {
    const embedded = add(slice(ages, 0, oldest - window, oldest), parameter([1, WIDTH]))
    return flatRows(add(dense(inputs[names[at]!]!, WIDTH), embedded), window)
  })
  const rows = lanes.reduce((sum, { window }) => sum + window, last.length)
  const masks = names.map((name) => inputs[`${name}Mask`]!)
  const always = last.map(() => presence(masks[0]!))
  return { tokens: reshape(concat(...parts, ...last), [rows, WIDTH]), mask: concat(...masks, ...always) }
}

const flatRows = (x: Tensor, rows: number): Tensor => reshape(x, [rows * WIDTH])
/** A mask of one token that is always there. */
const presence = (mask: Tensor): Tensor => add(mul(slice(mask, 0, 0, 1), 0), 1)
