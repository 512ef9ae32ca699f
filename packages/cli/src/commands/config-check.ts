import { checkConfig } from '@tapeloom/config'
import { defineCommand } from '../command.ts'

/** Shows what a configuration comes to, or every mistake in it. */
export const configCheck = defineCommand({
  options: { environment: { type: 'string' } },
  positionals: [1, 1],
  async run({ values: { environment }, positionals: [config = ''], terminal }) {
    const { plan, errors } = await checkConfig(config, { ...(environment !== undefined && { environment }) })
    for (const { message } of errors) terminal.mistake(message)
    for (const warning of plan?.warnings ?? []) terminal.note(warning)
    if (plan) {
      plan.modules.forEach(({ id, package: from, version, enabled }, i) => {
        const place = String(i + 1).padStart(3)
        terminal.print(`${place}. ${terminal.styled('bold', id)}  ${from} ${version}${enabled ? '' : '  (disabled)'}`)
      })
      terminal.print(`sources: ${plan.sources.join(', ') || 'none'}`)
      terminal.print(`store: ${plan.store}`)
    }
    terminal.json({
      ok: errors.length === 0,
      modules: plan?.modules.map(({ id }) => id) ?? [],
      errors: errors.map(({ message, position: { line, column } = { line: null, column: null } }) => ({ message, line, column })),
    })
    return errors.length === 0 ? 0 : 2
  },
})
