import type { ModuleNames } from './module-names.ts'

/** `src/index.ts` of a new module. */
export const moduleSource = (names: ModuleNames) => `import { defineModule, fromPackage, option } from '@tapeloom/core'
import pkg from '${names.package}/package.json' with { type: 'json' }

declare module '@tapeloom/core' {
  interface EventMap {
    '${names.module}:turn': { readonly side: 'buy' | 'sell' }
  }
}

/** Measures by how much buyers or sellers prevail among recent trades. */
export const ${names.variable} = defineModule({
  name: '${names.module}',
  ...fromPackage(pkg), // version, and the range of core
  options: {
    span: option.duration({ default: '60s' }), // arrives in microseconds
  },
  features: {
    imbalance: { rev: 1, unit: 'ratio', range: [-1, 1], description: 'Bought less sold over both; > 0: more was bought.' },
  },
  // An e-th part is left after each span: after twenty, less than a part in 10⁸.
  warmup: (options) => ({ trades: \`\${20 * options.span}us\`, tolerance: 1e-6 }),
  // All that is remembered, as plain data, a fresh one for each symbol.
  state: () => ({ seenUs: NaN, bought: 0, sold: 0, sign: 0 }),
  on: {
    trade({ tsInit, aggressor, quantity }, { state, options, features, emit }) {
      const rest = Number.isNaN(state.seenUs) ? 0 : Math.exp((state.seenUs - tsInit) / options.span)
      state.seenUs = tsInit
      state.bought = rest * state.bought + (aggressor === 'buy' ? quantity : 0)
      state.sold = rest * state.sold + (aggressor === 'sell' ? quantity : 0)
      features.imbalance = (state.bought - state.sold) / (state.bought + state.sold)

      const sign = Math.sign(features.imbalance)
      if (state.sign !== 0 && sign === -state.sign) emit('${names.module}:turn', { side: sign > 0 ? 'buy' : 'sell' })
      if (sign !== 0) state.sign = sign
    },
  },
})
`

/** `src/index.test.ts` of a new module. */
export const conformanceTest = (names: ModuleNames) => `import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import { ${names.variable} } from './index.ts'

// One test an invariant. \`test\` may be that of any runner.
testModule(${names.variable}, { test, events: fixtures.trades('BTC/USDT') })

test('before the first trade the imbalance is missing', () => {
  assert.equal(harness(${names.variable}).features.imbalance, null)
})

test('where only buyers trade it is 1, and sellers who come after them turn it', () => {
  const host = harness(${names.variable}, { options: { span: '10s' } })
  host.feed(fixtures.trades('BTC/USDT', { count: 10, every: '1s', aggressor: 'buy' }))
  assert.equal(host.features.imbalance, 1)
  host.feed(fixtures.trades('BTC/USDT', { count: 100, every: '1s', aggressor: 'sell', from: '1m' }))
  assert.ok((host.features.imbalance ?? NaN) < -0.99)
  assert.deepEqual(host.emitted('${names.module}:turn').map(({ side }) => side), ['sell'])
})
`
