import { defineConfig } from 'tsup'

/** Builds the named entries of `src` (and the workers among them) to ESM with types, for Node 22 and later. */
export const library = (...entries: string[]) =>
  defineConfig({
    entry: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
    format: 'esm',
    target: 'node22',
    platform: 'node',
    dts: { entry: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])) },
    sourcemap: true,
    clean: true,
    // A package reads its own manifest by name: inlined, it would keep the workspace ranges that packing rewrites.
    external: [/\/package\.json$/],
  })
