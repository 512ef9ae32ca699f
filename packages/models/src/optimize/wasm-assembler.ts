/** Bytes of instructions; an expression leaves one value on the stack. */
export type Code = readonly number[]
export type ValueType = keyof typeof VALUE_TYPE
export interface WasmFunction {
  readonly name: string
  /** Names and types of the parameters, in the order of a call. */
  readonly parameters: Readonly<Record<string, ValueType>>
  readonly result?: ValueType
  readonly locals: Readonly<Record<string, ValueType>>
  body(local: (name: string) => number): Code
}

// Numbers of the WebAssembly core specification 2.0, chapter 5 (binary format).
const VALUE_TYPE = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const
const SIMD = 0xfd

const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
const signed = (value: number): number[] =>
  value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]
const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()]
const sized = (bytes: Code): number[] => [...unsigned(bytes.length), ...bytes]
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)])
const simd = (opcode: number, ...operands: readonly Code[]): number[] => [...operands.flat(), SIMD, ...unsigned(opcode)]

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]
export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: (a: Code, b: Code): Code => [...a, ...b, 0x6a],
  lessThan: (a: Code, b: Code): Code => [...a, ...b, 0x49],
}
export const f64 = { add: (a: Code, b: Code): Code => [...a, ...b, 0xa0] }
/** Four floats at an address; alignment is only a hint to the engine. */
export const v128 = {
  load: (address: Code): Code => [...simd(0x00, address), 2, 0],
  store: (address: Code, value: Code): Code => [...simd(0x0b, address, value), 2, 0],
}
export const f32x4 = {
  splat: (value: Code): Code => simd(0x13, value),
  sqrt: (value: Code): Code => simd(0xe3, value),
  add: (a: Code, b: Code): Code => simd(0xe4, a, b),
  sub: (a: Code, b: Code): Code => simd(0xe5, a, b),
  mul: (a: Code, b: Code): Code => simd(0xe6, a, b),
  div: (a: Code, b: Code): Code => simd(0xe7, a, b),
  /** The upper two floats moved to the lower two places. */
  upper: (a: Code): Code => [...simd(0x0d, a, a), ...Array.from({ length: 16 }, (_, i) => 8 + i)],
}
export const f64x2 = {
  promoteLow: (a: Code): Code => simd(0x5f, a),
  add: (a: Code, b: Code): Code => simd(0xf0, a, b),
  mul: (a: Code, b: Code): Code => simd(0xf2, a, b),
  lane: (a: Code, index: 0 | 1): Code => [...simd(0x21, a), index],
}
/** Runs `body` while `condition`, an i32, is not 0. */
export const whileLoop = (condition: Code, body: Code): Code => [
  0x02,
  0x40, // block
  0x03,
  0x40, // loop
  ...condition,
  0x45,
  0x0d,
  1, // leave the block when the condition is 0
  ...body,
  0x0c,
  0, // again
  0x0b,
  0x0b,
]

/** Assembles a module that imports its memory as `host.memory` and exports each function under its name. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...vector(Object.values(parameters).map((type) => [VALUE_TYPE[type]])),
    ...vector(result ? [[VALUE_TYPE[result]]] : []),
  ])
  const bodies = functions.map(({ parameters, locals, body }) => {
    const names = [...Object.keys(parameters), ...Object.keys(locals)]
    const declared = vector(Object.values(locals).map((type) => [1, VALUE_TYPE[type]]))
    return sized([...declared, ...body((name) => names.indexOf(name)), 0x0b])
  })
  const section = (id: number, content: Code): number[] => [id, ...sized(content)]
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0, // '\0asm', version 1
    ...section(SECTION.type, vector(types)),
    ...section(SECTION.import, vector([[...text('host'), ...text('memory'), 0x02, 0x00, 0x00]])),
    ...section(SECTION.function, vector(functions.map((_, i) => unsigned(i)))),
    ...section(SECTION.export, vector(functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]))),
    ...section(SECTION.code, vector(bodies)),
  ])
}
