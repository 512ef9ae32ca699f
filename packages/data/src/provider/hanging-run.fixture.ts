import { defineModule, Orchestrator } from '@tapeloom/core'
import { recording, trade } from '../testing/drive.ts'
import { DataProvider } from './data-provider.ts'

/** A program whose module `looping` never returns from the 60th trade of a run that heard of no fault. Arguments: journal, command. */
const [, , journal = '', command = ''] = process.argv
const say = (line: string) => void process.stdout.write(`${line}\n`)
const identity = { version: '1.0.0', core: '^1.0.0' }
const looping = defineModule({
  name: 'looping', ...identity,
  on: {
    trade({ id }) {
      for (let n = 0; id === '60'; n++) Math.sqrt(n)
    },
  },
})
const steady = defineModule({ name: 'steady', ...identity, on: { trade() {} } })
const inputs = Array.from({ length: 120 }, (_, i) => trade((i + 1) * 500e3, 100, 1, { id: String(i + 1), sourceSequence: i + 1 }))
const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [recording(inputs)], journal }), modules: [steady, looping], watchdog: '300ms' })
orchestrator.on('module:fault', ({ module, code, message, sequence }) => say(`fault ${sequence} ${module} ${code} ${message}`))
process.on('exit', (code) => say(`exit ${code}`))
await orchestrator.run({ until: 20e6 })
if (command === 'enable') await orchestrator.enable('looping')
await orchestrator.run()
for (const { name, status, reason } of orchestrator.status().modules) say(`${name} ${status} ${reason}`)
say(`hash ${orchestrator.status().journalHash}`)
await orchestrator.stop()
