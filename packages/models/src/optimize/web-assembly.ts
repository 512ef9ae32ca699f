/** The part of the WebAssembly interface in use; the Node types leave it to the DOM library. */
interface WebAssemblyInterface {
  readonly Memory: new (spec: { readonly initial: number; readonly maximum: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}
export interface WasmMemory {
  readonly buffer: ArrayBuffer
}

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly
