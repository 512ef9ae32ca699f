import { defineConfig } from 'vitest/config'

const conditions = ['@tapeloom/source', 'node', 'import', 'module', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages,apps}/*/src/**/*.test.ts', 'bench/src/**/*.test.ts', 'scripts/**/*.test.ts'],
    typecheck: { enabled: false, include: ['{packages,apps}/*/src/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    pool: 'forks',
    maxWorkers: 2,
    sequence: { shuffle: true },
    retry: 0,
    execArgv: ['--conditions=@tapeloom/source'],
    coverage: { provider: 'v8', include: ['packages/*/src/**/*.ts'], exclude: ['**/*.test.ts', '**/*.test-d.ts'] },
  },
})
