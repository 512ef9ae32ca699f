import {
  assemble,
  f32x4,
  f64,
  f64x2,
  get,
  i32,
  set,
  v128,
  whileLoop,
  type Code,
  type ValueType,
  type WasmFunction,
} from './wasm-assembler.ts'
import { webAssembly, type WasmMemory } from './web-assembly.ts'

/** The compiled functions; all addresses and lengths in bytes, lengths multiples of 16. */
export interface OptimizerKernel {
  /** Sum of squares of `length` bytes of floats, accumulated in float64. */
  sumOfSquares(length: number, floats: number): number
  adamW(
    length: number,
    parameters: number,
    gradients: number,
    m: number,
    v: number,
    gradientScale: number,
    decay: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    rate: number,
    rootBias: number,
    epsilon: number,
  ): void
  sgd(
    length: number,
    parameters: number,
    gradients: number,
    m: number,
    gradientScale: number,
    decay: number,
    momentum: number,
    rate: number,
  ): void
}

const pointers = (...names: readonly string[]): Record<string, ValueType> =>
  Object.fromEntries(names.map((name) => [name, 'i32' as const]))
const floats = (...names: readonly string[]): Record<string, ValueType> =>
  Object.fromEntries(names.map((name) => [name, 'f32' as const]))
const vectors = (...names: readonly string[]): Record<string, ValueType> =>
  Object.fromEntries(names.map((name) => [name, 'v128' as const]))

/** Statements for i = 0, 16, … < length. */
function forEachVector(local: (name: string) => number, body: readonly Code[]): Code {
  const [i, length] = [local('i'), local('length')]
  return [
    ...set(i, i32.constant(0)),
    ...whileLoop(i32.lessThan(get(i), get(length)), [...body.flat(), ...set(i, i32.add(get(i), i32.constant(16)))]),
  ]
}
/** Copies of each scalar to four lanes, in the local of the same name with a 4 behind. */
const splats = (local: (name: string) => number, names: readonly string[]): Code =>
  names.flatMap((name) => set(local(`${name}4`), f32x4.splat(get(local(name)))))

const sumOfSquares: WasmFunction = {
  name: 'sumOfSquares',
  parameters: pointers('length', 'floats'),
  result: 'f64',
  locals: { i: 'i32', ...vectors('x', 'low', 'high') },
  body(local) {
    const read = (name: string) => get(local(name))
    const total = (name: string) => f64.add(f64x2.lane(read(name), 0), f64x2.lane(read(name), 1))
    const squared = (x: Code) => f64x2.mul(f64x2.promoteLow(x), f64x2.promoteLow(x))
    return [
      ...forEachVector(local, [
        set(local('x'), v128.load(i32.add(read('floats'), read('i')))),
        set(local('low'), f64x2.add(read('low'), squared(read('x')))),
        set(local('high'), f64x2.add(read('high'), squared(f32x4.upper(read('x'))))),
      ]),
      ...f64.add(total('low'), total('high')),
    ]
  },
}

const ADAMW_SCALARS = [
  'gradientScale',
  'decay',
  'beta1',
  'rest1',
  'beta2',
  'rest2',
  'rate',
  'rootBias',
  'epsilon',
] as const
/** g ← scale·g; m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g·g; θ ← decay·θ − rate·m / (√v·rootBias + ε). */
const adamW: WasmFunction = {
  name: 'adamW',
  parameters: { ...pointers('length', 'parameters', 'gradients', 'm', 'v'), ...floats(...ADAMW_SCALARS) },
  locals: { i: 'i32', ...vectors('g', 'mNext', 'vNext', ...ADAMW_SCALARS.map((name) => `${name}4`)) },
  body(local) {
    const read = (name: string) => get(local(name))
    const address = (name: string) => i32.add(read(name), read('i'))
    const scaled = (scalar: string, value: Code) => f32x4.mul(read(`${scalar}4`), value)
    return [
      ...splats(local, ADAMW_SCALARS),
      ...forEachVector(local, [
        set(local('g'), scaled('gradientScale', v128.load(address('gradients')))),
        set(local('mNext'), f32x4.add(scaled('beta1', v128.load(address('m'))), scaled('rest1', read('g')))),
        v128.store(address('m'), read('mNext')),
        set(
          local('vNext'),
          f32x4.add(scaled('beta2', v128.load(address('v'))), f32x4.mul(scaled('rest2', read('g')), read('g'))),
        ),
        v128.store(address('v'), read('vNext')),
        v128.store(
          address('parameters'),
          f32x4.sub(
            scaled('decay', v128.load(address('parameters'))),
            f32x4.div(
              scaled('rate', read('mNext')),
              f32x4.add(scaled('rootBias', f32x4.sqrt(read('vNext'))), read('epsilon4')),
            ),
          ),
        ),
      ]),
    ]
  },
}

const SGD_SCALARS = ['gradientScale', 'decay', 'momentum', 'rate'] as const
/** m ← μm + scale·g; θ ← decay·θ − rate·m. */
const sgd: WasmFunction = {
  name: 'sgd',
  parameters: { ...pointers('length', 'parameters', 'gradients', 'm'), ...floats(...SGD_SCALARS) },
  locals: { i: 'i32', ...vectors('mNext', ...SGD_SCALARS.map((name) => `${name}4`)) },
  body(local) {
    const read = (name: string) => get(local(name))
    const address = (name: string) => i32.add(read(name), read('i'))
    const scaled = (scalar: string, value: Code) => f32x4.mul(read(`${scalar}4`), value)
    return [
      ...splats(local, SGD_SCALARS),
      ...forEachVector(local, [
        set(
          local('mNext'),
          f32x4.add(
            scaled('momentum', v128.load(address('m'))),
            scaled('gradientScale', v128.load(address('gradients'))),
          ),
        ),
        v128.store(address('m'), read('mNext')),
        v128.store(
          address('parameters'),
          f32x4.sub(scaled('decay', v128.load(address('parameters'))), scaled('rate', read('mNext'))),
        ),
      ]),
    ]
  },
}

/**
 * Compiles the optimisers over a memory. WebAssembly rounds every operation to float32 and fuses none, so a result is
 * the same on every machine.
 */
export function createOptimizerKernel(memory: WasmMemory): OptimizerKernel {
  const module = new webAssembly.Module(assemble([sumOfSquares, adamW, sgd]))
  return new webAssembly.Instance(module, { host: { memory } }).exports as OptimizerKernel
}
