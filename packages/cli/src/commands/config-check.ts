import { checkConfig } from '@tapeloom/config'
import { defineCommand } from '../command.ts'

/** Shows what a configuration comes to, or every mistake in it. */
export const configCheck = defineCommand({
  options: { environment: { type: 'string' } },
  positionals: [1, 1],
  async run({ values: { environment }, positionals: [config = ''], terminal }) {
    const { plan, errors } = await checkConfig(config, { ...(environment !== undefined && { environment }) })
    for (const { message } of errors) terminal.note(message.replace(/^\[[^\]]*\]/, (where) => terminal.styledNote('red', where)))
    for (const warning of plan?.warnings ?? []) terminal.note(warning)
    if (plan) {
      plan.modules.forEach(({ id, package: from, version, enabled }, i) => {
        terminal.print(`${String(i + 1).padStart(3)}. ${terminal.styled('bold', id)}  ${from} ${version}${enabled ? '' : '  (disabled)'}`)
      })
      terminal.print(`sources: ${plan.sources.join(', ') || 'none'}`)
      terminal.print(`store: ${plan.store}`)
    }
    terminal.json({
      ok: errors.length === 0,
      modules: plan?.modules.map(({ id }) => id) ?? [],
      errors: errors.map(({ message, position }) => ({ message, line: position?.line ?? null, column: position?.column ?? null })),
    })
    return errors.length === 0 ? 0 : 2
  },
})
