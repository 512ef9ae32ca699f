import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { constants, getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { promisify } from 'node:util'
import type { Plain } from '@tapeloom/core'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { compiledOf, defineModel } from '../define/define-model.ts'
import { Node } from '../graph/node.ts'
import { add } from '../graph/primitives.ts'
import { dense, mse } from '../index.ts'
import { initialWeights } from '../define/initial-weights.ts'
import { openTrainer, planTraining } from './network-trainer.ts'
import { TrainingClient } from './training-client.ts'
import { serveTraining, type TrainingReply, type TrainingRequest } from './training-service.ts'

const network = defineModel({
  name: 'line',
  inputs: { x: [1] },
  targets: { y: 'value' },
  batch: 2,
  forward: ({ x }) => ({ y: dense(x, 1) }),
  loss: (output, target) => mse(output.y, target.y),
})
const model = compiledOf(network)
const step: TrainingRequest = {
  kind: 'step',
  tensors: { x: Float32Array.of(1, 2), 'target.y': Float32Array.of(3, 5), 'sample.weight': Float32Array.of(1, 1) },
}
const plan = () => planTraining(model, initialWeights(model, 1))

const ports: MessagePort[] = []
afterEach(() => ports.splice(0).forEach((port) => port.close()))
/** A service on a channel of this thread: sends requests at once, resolves with their replies in order of arrival. */
function serve() {
  const { port1, port2 } = new MessageChannel()
  ports.push(port1, port2)
  serveTraining(port2)
  return (...requests: readonly (readonly [trainer: number, request: TrainingRequest])[]) =>
    new Promise<TrainingReply[]>((resolve) => {
      const replies: TrainingReply[] = []
      port1.removeAllListeners('message')
      port1.on('message', (reply: TrainingReply) => {
        if (replies.push(reply) === requests.length) resolve(replies)
      })
      requests.forEach(([trainer, request], id) => port1.postMessage({ id, trainer, request }))
    })
}

test('requests of a trainer are answered in their order, although all came at once', async () => {
  const request = serve()
  const replies = await request(
    [1, { kind: 'open', plan: plan() }],
    [1, step],
    [1, step],
    [1, { kind: 'snapshot' }],
    [1, { kind: 'close' }],
  )
  expect(replies.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4])
  expect(replies.slice(1, 4)).toMatchObject([{ value: { step: 1 } }, { value: { step: 2 } }, { value: { step: 2 } }])
})

test('a snapshot restored in another trainer gives the same weights', async () => {
  const request = serve()
  const [, , snapshot] = await request([1, { kind: 'open', plan: plan() }], [1, step], [1, { kind: 'snapshot' }])
  const state = (snapshot as { value: unknown }).value as Plain
  const [, , again, , original] = await request(
    [2, { kind: 'open', plan: plan() }],
    [2, { kind: 'restore', state }],
    [2, step],
    [1, step],
    [1, { kind: 'snapshot' }],
  )
  const weights = (again as { value: { weights: Float32Array } }).value.weights
  expect((original as { value: { weights: Float32Array } }).value.weights).toEqual(weights)
})

test('a failed request is answered with its code, and the next one runs', async () => {
  const request = serve()
  const replies = await request(
    [1, step],
    [1, { kind: 'open', plan: { ...plan(), graph: Uint8Array.of(1, 2, 3) } }],
    [1, { kind: 'open', plan: plan() }],
    [1, { kind: 'restore', state: 5 }],
    [1, step],
    [1, { kind: 'close' }],
    [1, step],
  )
  expect(replies.map((reply) => ('error' in reply ? reply.error.code : 'done'))).toEqual([
    'models.closed',
    'models.training',
    'done',
    'models.snapshot',
    'done',
    'done',
    'models.closed',
  ])
})

test('a worker that ends fails what waits and what comes, and closing still works', async () => {
  const client = new TrainingClient(new URL('data:text/javascript,process.exit(3)'))
  const id = client.attach()
  await expect(client.request(id, step)).rejects.toMatchObject({ code: 'models.worker' })
  expect(client.usable).toBe(false)
  await expect(client.request(id, step)).rejects.toThrow(/restore its last snapshot/)
  await client.detach(id)
})

test('a worker that throws reports why', async () => {
  const client = new TrainingClient(new URL("data:text/javascript,throw new Error('out of luck')"))
  await expect(client.request(client.attach(), step)).rejects.toThrow(/out of luck/)
})

test('a request that cannot be copied to the worker is refused and leaves nothing open', async () => {
  const trainer = await network.train({ seed: 1 })
  await expect(trainer.restore((() => 0) as unknown as null)).rejects.toThrow(/could not be cloned/)
  await trainer.close()
})

test('a trainer whose graph does not load is an error, and leaves the worker usable', async () => {
  const other = await network.train({ seed: 1 })
  const broken = {
    ...model,
    loss: add(model.loss, new Node({ op: 'Strange', inputs: [model.sampleWeights], dimensions: [] })),
  }
  await expect(openTrainer(broken, 1)).rejects.toMatchObject({ code: 'models.training' })
  expect(
    (
      await other.step({
        samples: 1,
        inputs: { x: Float32Array.of(1) },
        targets: { y: Float32Array.of(1) },
        weights: Float32Array.of(1),
      })
    ).step,
  ).toBe(1)
  await other.close()
})

test('a missing runtime names its command, and an open trainer does not keep the process alive', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tapeloom-models-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const run = async (hook: string, program: string) => {
    const file = join(directory, 'program.mjs')
    await writeFile(file, program)
    return promisify(execFile)(process.execPath, [
      '--conditions=@tapeloom/source',
      '--import',
      `data:text/javascript,${encodeURIComponent(hook)}`,
      file,
    ])
  }
  const open = `
    import { defineModel, dense, mse } from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)}
    const network = defineModel({ name: 'm', inputs: { x: [1] }, targets: { y: 'value' },
      forward: ({ x }) => ({ y: dense(x, 1) }), loss: (output, target) => mse(output.y, target.y) })
    await network.train({ seed: 1 }).then(() => console.log('trains'), (error) => console.log(error.message))
    await network.open({ seed: 1 }).then(() => console.log('serves'), (error) => console.log(error.message))`
  const absent = `
    import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) {
      if (name === 'onnxruntime-node') throw new Error('no such package')
      return next(name, context)
    } })`
  expect((await run('', open)).stdout).toBe('trains\nserves\n')
  const { stdout } = await run(absent, open)
  expect(
    stdout.match(/no such package\)\. Run `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@~1\.30\.0`/g),
  ).toHaveLength(2)
})

test.skipIf(process.platform !== 'linux')('the worker gives way to the thread of events, whose own priority stays', async () => {
  const own = getPriority()
  const trainer = await network.train({ seed: 1 })
  expect(getPriority()).toBe(own)
  // The 19th field of a thread's stat, counted behind the name in brackets.
  const priorities = (await readdir('/proc/self/task')).map(async (task) => {
    const stat = await readFile(`/proc/self/task/${task}/stat`, 'utf8').catch(() => '') // ended meanwhile
    return Number(stat.split(') ').at(-1)!.split(' ')[16] ?? 0)
  })
  expect(Math.max(...(await Promise.all(priorities)))).toBeGreaterThanOrEqual(constants.priority.PRIORITY_BELOW_NORMAL)
  await trainer.close()
})
