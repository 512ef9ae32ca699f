import { ConfigurableOrchestrator } from '@tapeloom/config'
import { defineCommand, wholeNumber } from '../command.ts'
import { consoleLogger } from '../console-logger.ts'
import { runSession } from '../run-session.ts'
import { printSession } from '../session-text.ts'

/** Runs a configuration to the end of its sources or to Ctrl-C. */
export const run = defineCommand({
  options: { seed: { type: 'string' }, environment: { type: 'string' } },
  positionals: [1, 1],
  async run({ values, positionals: [config = ''], terminal }) {
    const seed = wholeNumber(values.seed, 'seed')
    const orchestrator = await ConfigurableOrchestrator.load(config, {
      logger: consoleLogger(terminal),
      ...(seed !== undefined && { seed }),
      ...(values.environment !== undefined && { environment: values.environment }),
    })
    for (const warning of orchestrator.plan.warnings) terminal.note(warning)
    const report = await runSession(orchestrator, terminal)
    printSession(report, terminal)
    terminal.json(report)
    return report.behind ? 1 : 0
  },
})
