import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

// Dense networks trained by other libraries from npm (bench/rivals): one AdamW or Adam step on the batch they are given.
const require = createRequire(new URL('../../../bench/rivals/package.json', import.meta.url))
// oxlint-disable-next-line no-explicit-any -- the rivals are not dependencies: their types are not here
const load = (name: string): Promise<any> => import(pathToFileURL(require.resolve(name)).href)

export function rivalsInstalled(): boolean {
  try {
    return ['@jax-js/jax', '@tensorflow/tfjs'].every((name) => require.resolve(name) !== '')
  } catch {
    return false
  }
}

/** A step on a fixed batch of a dense network with two hidden layers of `hidden`, giving its loss. */
export type RivalStep = () => Promise<number>
interface Task {
  readonly inputs: number
  readonly hidden: number
  readonly x: Float32Array
  readonly y: Float32Array
}
const BATCH = 64
const CLASSES = 3
const sizesOf = ({ inputs, hidden }: Task) => [[inputs, hidden], [hidden, hidden], [hidden, CLASSES]] as const

/** TensorFlow.js; `backend` is wasm or cpu. */
export async function tensorflow(task: Task, backend: 'wasm' | 'cpu'): Promise<RivalStep> {
  const tf = await load('@tensorflow/tfjs')
  if (backend === 'wasm') {
    const wasm = await load('@tensorflow/tfjs-backend-wasm')
    wasm.setThreadsCount?.(1)
  }
  await tf.setBackend(backend)
  await tf.ready()
  const layers = sizesOf(task).map(([inner, units]) => [
    tf.variable(tf.randomUniform([inner, units], -0.1, 0.1)), tf.variable(tf.zeros([units])),
  ])
  const x = tf.tensor2d(task.x, [BATCH, task.inputs])
  const y = tf.oneHot(tf.tensor1d(Int32Array.from(task.y), 'int32'), CLASSES)
  const optimizer = tf.train.adam(1e-3)
  return async () => {
    await tf.setBackend(backend)
    const cost = optimizer.minimize(() => {
      let h = x
      layers.forEach(([weight, bias], i) => {
        h = tf.add(tf.matMul(h, weight), bias)
        if (i < 2) h = tf.relu(h)
      })
      return tf.losses.softmaxCrossEntropy(y, h)
    }, true)
    const [loss] = await cost.data()
    cost.dispose()
    return loss
  }
}

/** jax-js on WebAssembly, the whole step compiled by its jit. */
export async function jaxJs(task: Task): Promise<RivalStep> {
  const { init, defaultDevice, jit, valueAndGrad, numpy: np, nn } = await load('@jax-js/jax')
  await init('wasm')
  defaultDevice('wasm')
  const flat = sizesOf(task).flatMap(([inner, units]) => [
    np.array(Float32Array.from({ length: inner * units }, (_, i) => 0.1 * Math.sin(i))).reshape([inner, units]),
    np.zeros([units]),
  ])
  const x = np.array(task.x).reshape([BATCH, task.inputs])
  const oneHot = Float32Array.from({ length: BATCH * CLASSES }, (_, i) => (task.y[Math.floor(i / CLASSES)] === i % CLASSES ? 1 : 0))
  const y = np.array(oneHot).reshape([BATCH, CLASSES])
  // oxlint-disable-next-line no-explicit-any -- arrays of the rival
  type Arrays = any[]
  const lossOf = (weights: Arrays, input: unknown, target: unknown) => {
    let h = input
    for (let i = 0; i < 3; i++) {
      h = np.add(np.dot(h, weights[2 * i]), weights[2 * i + 1])
      if (i < 2) h = nn.relu(h)
    }
    return np.negative(np.sum(np.multiply(nn.logSoftmax(h), target)).mul(1 / BATCH))
  }
  const step = jit((weights: Arrays, m: Arrays, v: Arrays, input: unknown, target: unknown) => {
    const [loss, gradients] = valueAndGrad(lossOf)(weights.map((one) => one.ref), input, target)
    const [nextM, nextV]: [Arrays, Arrays] = [[], []]
    const next = weights.map((weight, i) => {
      nextM.push(np.add(m[i].mul(0.9), gradients[i].ref.mul(0.1)))
      nextV.push(np.add(v[i].mul(0.999), np.square(gradients[i]).mul(0.001)))
      const change = np.divide(nextM[i].ref.mul(1e-3), np.add(np.sqrt(nextV[i].ref), 1e-8))
      return np.subtract(weight.mul(1 - 1e-5), change)
    })
    return [loss, next, nextM, nextV]
  })
  let [weights, m, v] = [flat, flat.map((one) => np.zerosLike(one.ref)), flat.map((one) => np.zerosLike(one.ref))]
  return async () => {
    const [loss, ...state] = step(weights, m, v, x.ref, y.ref)
    ;[weights, m, v] = state
    const [value] = await loss.data()
    return value
  }
}
