import type { Source } from '@tapeloom/core'
import { readConfig, type Config } from './config-file.ts'
import { sourcesOf } from './data-section.ts'
import type { LoadOptions } from './resolve-config.ts'
import { dataShapeOf } from './shape-errors.ts'

/**
 * Makes the sources of a configuration and nothing else of it: for what needs its data without its modules.
 * @throws TapeloomError with every mistake, as `ConfigurableOrchestrator.load`
 */
export async function loadSources(config: Config, options: LoadOptions = {}): Promise<readonly Source[]> {
  const { environment, variables = process.env, seed, logger, capture } = options
  const { mistakes, folder, root, shape } = readConfig(config, environment, variables)
  const data = shape?.data ?? (root && dataShapeOf(root)) ?? {}
  const around = { folder, seed: seed ?? shape?.orchestrator.seed ?? 1, mistakes, logger, capture }
  const sources = root ? await sourcesOf(root, data, around) : []
  mistakes.raise()
  return sources
}
