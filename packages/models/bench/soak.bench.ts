import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { contests, randomBatch } from './networks.ts'

// Prints, as JSON figures: failed inferences, memory kept and the time of a swap over 1,000 swaps under 8 concurrent
// callers; the time of an inference while the worker trains against idle, in turns; the event loop's lag meanwhile.
const quantile = (values: number[], q: number): number => values.sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? NaN
const contest = (name: string) => contests.find((one) => one.name === name)!
const sampleOf = (name: string) => {
  const { network } = contest(name)
  const batch = randomBatch(network)
  return Object.fromEntries(Object.entries(network.inputs as Record<string, readonly number[]>).map(
    ([input, shape]) => [input, batch[input]!.slice(0, shape.reduce((product, size) => product * size, 1))]))
}

async function soak() {
  const runtime = await contest('mlp200').network.open({ seed: 1 })
  const [inputs, weights] = [sampleOf('mlp200'), runtime.weights()]
  let [swaps, done, failed] = [0, 0, 0]
  const times: number[] = []
  const memory: number[] = []
  const caller = async () => {
    while (swaps < 1000) await runtime.infer(inputs).then(() => done++, () => failed++)
  }
  const swapper = async () => {
    while (swaps < 1000) {
      const until = done + 16
      while (done < until) await setImmediate()
      const start = process.hrtime.bigint()
      runtime.swap(weights, `${swaps}`)
      times.push(Number(process.hrtime.bigint() - start))
      if (++swaps % 250 === 0) memory.push(process.memoryUsage().rss)
    }
  }
  await Promise.all([...Array.from({ length: 8 }, caller), swapper()])
  await runtime.close()
  return [
    { what: `failed / ${done} inferences, 1,000 swaps, 8 callers`, measured: failed / done, unit: '×', target: 0 },
    { what: 'memory kept by swaps 250 to 1,000', measured: memory.at(-1)! - memory[0]!, unit: 'B', target: 16e6 },
    { what: 'swap, median', measured: quantile(times, 0.5), unit: 'ns', target: 50_000 },
    { what: 'swap, p99', measured: quantile(times, 0.99), unit: 'ns' },
  ]
}

/** Rounds without and with training in turns: what else runs on the machine falls on both. */
async function contention() {
  const { network } = contest('cnn')
  const runtime = await network.open({ seed: 1 })
  const inputs = sampleOf('cnn')
  const trainer = await network.train({ seed: 1 })
  const { 'target.y': y, 'sample.weight': weights, x } = randomBatch(network)
  const batch = { samples: network.batch, inputs: { x: x! }, targets: { y: y! }, weights: weights! }
  const [idle, busy]: [number[], number[]] = [[], []]
  const [lag, lagIdle]: [number[], number[]] = [[], []]
  // A monitor for each round: one that is enabled again counts the pause.
  const round = async (times: number[], lags: number[]) => {
    const monitor = monitorEventLoopDelay({ resolution: 1 })
    monitor.enable()
    for (let i = 0; i < 200; i++) {
      const start = process.hrtime.bigint()
      await runtime.infer(inputs)
      times.push(Number(process.hrtime.bigint() - start))
      await setImmediate()
    }
    monitor.disable()
    lags.push(monitor.percentile(99))
  }
  for (let i = 0; i < 50; i++) await runtime.infer(inputs)
  await trainer.step(batch)
  for (let turn = 0; turn < 5; turn++) {
    await round(idle, lagIdle)
    let training = true
    const steps = (async () => {
      while (training) await trainer.step(batch)
    })()
    await round(busy, lag)
    training = false
    await steps
  }
  await trainer.close()
  await runtime.close()
  const [before, during] = [quantile(idle, 0.99), quantile(busy, 0.99)]
  return [
    { what: 'inference p99 of a CNN, training / idle', measured: during / before, unit: '×', target: 1.3 },
    { what: 'inference median of a CNN, training / idle', measured: quantile(busy, 0.5) / quantile(idle, 0.5), unit: '×' },
    { what: 'inference p99 of a CNN, idle', measured: before, unit: 'ns' },
    { what: 'event loop lag p99 while a worker trains', measured: quantile(lag, 0.5), unit: 'ns', target: 5e6 },
    { what: 'event loop lag p99 of the same, idle', measured: quantile(lagIdle, 0.5), unit: 'ns' },
  ]
}

console.log(JSON.stringify({ figures: [...(await soak()), ...(await contention())] }, null, 2))
