import type { ModuleNames } from './module-names.ts'
import { conformanceTest, moduleSource } from './template-source.ts'

/** The range of core that a new module is made for. */
const CORE = '^1.0.0'

/** Every file of a new module: path and text. */
export const templateFiles = (names: ModuleNames): Readonly<Record<string, string>> => ({
  'package.json': manifest(names),
  'README.md': readme(names),
  LICENSE: license,
  'tsconfig.json': tsconfig,
  'tsup.config.ts': tsup,
  'src/index.ts': moduleSource(names),
  'src/index.test.ts': conformanceTest(names),
})

const manifest = (names: ModuleNames) =>
  `${JSON.stringify(
    {
      name: names.package,
      version: '0.1.0',
      description: 'Measures by how much buyers or sellers prevail.',
      type: 'module',
      sideEffects: false,
      files: ['dist'],
      engines: { node: '>=22' },
      exports: {
        '.': { types: './dist/index.d.ts', default: './dist/index.js' },
        './package.json': './package.json',
      },
      scripts: {
        test: 'node --test',
        typecheck: 'tsc',
        build: 'tsup',
        check: 'npm test && npm run typecheck && npm run build && npx -y publint --strict',
        prepublishOnly: 'npm run check',
      },
      peerDependencies: { '@tapeloom/core': CORE },
      devDependencies: { '@tapeloom/core': CORE, '@types/node': '^24.0.0', tsup: '^9.0.0', typescript: '^6.0.0' },
      publishConfig: { access: 'public' },
      keywords: ['tapeloom-module', 'trading'],
      license: 'MIT',
    },
    undefined,
    2,
  )}\n`

const tsconfig = `{
  "compilerOptions": {
    "target": "es2023",
    "lib": ["es2024"],
    "module": "nodenext",
    "types": ["node"],
    "strict": true,
    "exactOptionalPropertyTypes": true,
    "noUncheckedIndexedAccess": true,
    "verbatimModuleSyntax": true,
    "erasableSyntaxOnly": true,
    "resolveJsonModule": true,
    "allowImportingTsExtensions": true,
    "noEmit": true,
    "skipLibCheck": true
  },
  "include": ["src"]
}
`

const tsup = `import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'node22',
  dts: true,
  external: [/\\/package\\.json$/], // read where it is installed
})
`

const readme = (names: ModuleNames) => `# ${names.package}

Measures by how much buyers or sellers prevail among recent trades.

## Install

\`\`\`sh
npm i @tapeloom/core ${names.package}
\`\`\`

## Use

\`\`\`ts
import { Orchestrator } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { simulatedMarket } from '@tapeloom/data/sim'
import { ${names.variable} } from '${names.package}'

const market = simulatedMarket({ symbols: ['BTC/USDT'], duration: '5m', seed: 1 })
const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [market] }), modules: [${names.variable}] })
await orchestrator.run()
console.log(orchestrator.getFeatures('BTC/USDT').values['${names.module}.imbalance'])
\`\`\`

## Features

| name | unit | range | meaning |
|---|---|---|---|
| \`imbalance\` | ratio | -1 … 1 | (bought − sold) / (bought + sold), exponentially weighted over \`span\`; > 0: more was bought |

## Events

Listens to \`trade\`. Emits \`${names.module}:turn {side}\` when the other side begins to prevail.

## Options

| option | type | default | example |
|---|---|---|---|
| \`span\` | duration | 60s | \`'15s'\` |

## Cost

One exponential a trade; state of four values a symbol.

## Limits

Says nothing of resting orders. Warm-up is twenty times \`span\`.

## Licence

MIT
`

const license = `MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`
