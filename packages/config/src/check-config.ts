import type { TapeloomError } from '@tapeloom/core'
import type { Config } from './config-file.ts'
import type { Plan } from './plan.ts'
import { resolveConfig, type LoadOptions } from './resolve-config.ts'

/** What a check found: the plan, or the mistakes in the order of the text. */
export interface ConfigCheck {
  readonly plan: Plan | undefined
  readonly errors: readonly TapeloomError[]
}

/** Reads, checks and plans a configuration without making an orchestrator of it. */
export async function checkConfig(config: Config, options: LoadOptions = {}): Promise<ConfigCheck> {
  const { mistakes, resolved } = await resolveConfig(config, options)
  return { plan: resolved?.plan, errors: mistakes.errors }
}
