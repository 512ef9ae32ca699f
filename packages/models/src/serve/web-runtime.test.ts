import { expect, test } from 'vitest'
import { networks, firstValues, tensorsOf } from '../train/loss-curves.fixture.ts'
import { runtimeInfo } from '../index.ts'
import { compiledOf } from '../define/define-model.ts'
import { planTraining } from '../train/network-trainer.ts'
import { onnxRuntime, startRuntime, type OnnxRuntime } from '../onnx/onnx-runtime.ts'

// onnxruntime-web is optional: these tests run where it is installed, and say so where it is not.
const name = ['onnxruntime', 'web'].join('-')
const web = (await import(/* @vite-ignore */ name).catch(() => undefined)) as Parameters<typeof startRuntime>[0] | undefined
const reason = web ? '' : ' (skipped: onnxruntime-web is not installed)'

/** Loss and gradients of the first step of a network. */
async function firstStep(runtime: OnnxRuntime, model: string): Promise<number[]> {
  const plan = planTraining(compiledOf(networks[model]!), new Float32Array(compiledOf(networks[model]!).size), { pack: true })
  const session = await runtime.open(plan.graph)
  const tensors = tensorsOf(networks[model]!, 0)
  const fed = plan.fed.map((one) => [one.name, runtime.tensor(Float32Array.from(tensors[one.name]!), one.dimensions)] as const)
  const weights = plan.parameters.map(
    (slot) => [slot.name, runtime.tensor(Float32Array.from(firstValues(slot.name, slot.offset, slot.size)), slot.dimensions)] as const,
  )
  const [loss, gradients] = [new Float32Array(1), new Float32Array(compiledOf(networks[model]!).size)]
  await session.run(Object.fromEntries([...fed, ...weights]), {
    loss: runtime.tensor(loss, []), gradients: runtime.tensor(gradients, [gradients.length]),
  })
  await session.release()
  return [loss[0]!, ...gradients]
}

test.skipIf(!web).each(Object.keys(networks))(`onnxruntime-web gives loss and gradients of %s within 1e-5${reason}`, async (model) => {
  const found = await firstStep(await startRuntime(web!, { name }), model)
  const expected = await firstStep(await onnxRuntime(), model)
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
})

test('the runtime in use names itself', async () => {
  expect(await runtimeInfo()).toEqual({ name: 'onnxruntime-node', zeroCopy: true })
})
