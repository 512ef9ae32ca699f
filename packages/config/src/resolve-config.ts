import type { OrchestratorOptions, PlannedModule, Usable } from '@tapeloom/core'
import { readConfig, type Config } from './config-file.ts'
import type { ConfigNode } from './config-node.ts'
import type { ConfigShape } from './config-schema.ts'
import { dataOf, type DataOverrides } from './data-section.ts'
import type { Mistakes } from './mistakes.ts'
import { planList, type ListedModule } from './module-list.ts'
import type { Plan, PlanEntry } from './plan.ts'
import { dataShapeOf } from './shape-errors.ts'

/** How a configuration is loaded. */
export interface LoadOptions extends DataOverrides {
  /** The overlay under `environments` that is laid over it. */
  readonly environment?: string
  /** Values of `${NAME}`; default the environment of the process. */
  readonly variables?: Readonly<Record<string, string | undefined>>
  /** In place of `orchestrator.seed`. */
  readonly seed?: number
}

/** A configuration that holds no mistake. */
export interface ResolvedConfig {
  readonly plan: Plan
  readonly options: OrchestratorOptions<readonly Usable[]>
  readonly listed: readonly ListedModule[]
  readonly planned: readonly PlannedModule[]
  readonly shape: ConfigShape
}

export interface ResolveOptions extends LoadOptions {
  /** Names of modules that leave, of those that are not in the new list, with all that needs them. */
  readonly gone?: (names: readonly string[]) => readonly string[]
  /** Notes further mistakes, before any is raised. */
  readonly check?: (root: ConfigNode, shape: ConfigShape, mistakes: Mistakes) => void
}

/** What became of a configuration: without mistakes it is resolved. */
interface Resolution {
  readonly mistakes: Mistakes
  readonly resolved: ResolvedConfig | undefined
}

/** Reads, checks and plans a configuration; every mistake is noted. Starts nothing. */
export async function resolveConfig(config: Config, options: ResolveOptions): Promise<Resolution> {
  const { environment, variables = process.env, gone = () => [] } = options
  const { mistakes, folder, root, shape } = readConfig(config, environment, variables)
  if (!root) return { mistakes, resolved: undefined }
  const policy = shape?.orchestrator.policy ?? 'fail'
  const { listed, planned, warnings } = await planList(root, folder, { policy, gone }, mistakes)
  if (shape) options.check?.(root, shape, mistakes)
  const seed = options.seed ?? shape?.orchestrator.seed ?? 1
  const data = await dataOf(root, shape?.data ?? dataShapeOf(root) ?? {}, { folder, seed, mistakes }, options)
  if (!shape || mistakes.errors.length > 0) return { mistakes, resolved: undefined }
  const { mode, boundary, weights, thresholds, snapshotEvery } = shape.orchestrator
  return {
    mistakes,
    resolved: {
      shape, listed, planned,
      plan: {
        modules: planned.map((entry) => planEntry(entry, listed)), sources: data.sources.map(({ name }) => name),
        store: data.store.path ?? 'memory', warnings,
      },
      options: {
        data, modules: listed, seed,
        ...(mode && { mode }), ...(boundary && { boundary }), ...(weights && { weights }),
        ...(thresholds && { thresholds }), ...(snapshotEvery && { snapshotEvery }), ...(options.logger && { logger: options.logger }),
      },
    },
  }
}

function planEntry({ id, definition: { version }, options, enabled }: PlannedModule, listed: readonly ListedModule[]): PlanEntry {
  return { id, package: listed.find((one) => one.id === id)?.package ?? '', version, options, enabled }
}
