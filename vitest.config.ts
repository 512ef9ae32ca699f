import { readdirSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { lineFloor } from './scripts/coverage.ts'

const conditions = ['@tapeloom/source', 'node', 'import', 'module', 'default']
const floors = readdirSync('packages').map((name) => [`packages/${name}/src/**`, { lines: lineFloor }])

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages,apps}/*/src/**/*.test.ts', 'bench/src/**/*.test.ts', 'scripts/**/*.test.ts'],
    // Types of sources are the business of `tsc`; here only what a type test expects.
    typecheck: { include: ['{packages,apps}/*/src/**/*.test-d.ts'], tsconfig: './tsconfig.json', ignoreSourceErrors: true },
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--conditions=@tapeloom/source'], // inherited by worker threads, which resolve without vite
    sequence: { shuffle: true },
    retry: 0,
    testTimeout: 120_000, // tests measure no time: a busy machine fails none
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.test-d.ts', '**/*.bench.ts'],
      reporter: ['json-summary', 'text-summary', 'html'],
      reportOnFailure: true,
      thresholds: Object.fromEntries(floors),
    },
  },
})
