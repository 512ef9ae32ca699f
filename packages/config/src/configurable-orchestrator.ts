import { isDeepStrictEqual } from 'node:util'
import { Orchestrator, TapeloomError, type DataPort, type PlannedModule } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import type { Config } from './config-file.ts'
import { nodeAt, type ConfigNode } from './config-node.ts'
import type { ConfigShape } from './config-schema.ts'
import type { Mistakes } from './mistakes.ts'
import type { Plan } from './plan.ts'
import { resolveConfig, type LoadOptions, type ResolvedConfig } from './resolve-config.ts'

/** How a new configuration is applied. */
export interface ApplyOptions {
  /** Modules that need one which is no longer listed go with it; otherwise that is an error. */
  readonly cascade?: boolean
}

/** An orchestrator that is made from a configuration and follows a changed one while it runs. */
export class ConfigurableOrchestrator extends Orchestrator {
  readonly #load: LoadOptions
  readonly #shape: ConfigShape
  readonly #data: DataPort
  #plan: Plan
  /** What runs, by id. */
  #running: ReadonlyMap<string, PlannedModule>

  private constructor({ plan, options, planned, shape }: ResolvedConfig, load: LoadOptions) {
    super(options)
    this.#load = load
    this.#shape = shape
    this.#data = options.data
    this.#plan = plan
    this.#running = byId(planned)
  }

  /**
   * Makes an orchestrator from a YAML or JSON file, or from an object of the same shape. Packages and files that it names
   * are looked up from its folder; nothing else is imported and nothing is started.
   * @throws TapeloomError with every mistake, each with file, line and column: one error as it is, several as
   * `config.invalid` with the list as `cause`
   */
  static async load(config: Config, options: LoadOptions = {}): Promise<ConfigurableOrchestrator> {
    const { mistakes, resolved } = await resolveConfig(config, options)
    mistakes.raise()
    return new ConfigurableOrchestrator(resolved as ResolvedConfig, options)
  }

  /** What the configuration came to; modules in the order in which they start. */
  get plan(): Plan {
    return this.#plan
  }

  /** Why the store is no longer written, while the journal goes on; the next start writes what is missing. */
  get storeFailure(): TapeloomError | undefined {
    return this.#data instanceof DataProvider ? this.#data.storeFailure : undefined
  }

  /**
   * Follows a changed configuration by the fewest commands: modules are enabled, disabled, unloaded and loaded, weights
   * set; all others keep their state. One with other options is loaded anew, and so is what needs it.
   * @throws TapeloomError with every mistake, and then nothing has changed: those of `load`, `config.fixed` for what
   * cannot change while it runs (`data`, seed, mode …), `config.basic` for `type: basic`
   */
  async apply(config: Config, { cascade = false }: ApplyOptions = {}): Promise<Plan> {
    if (this.#shape.orchestrator.type === 'basic') {
      const what = "its type is 'basic', which does not change while it runs"
      throw new TapeloomError('config.basic', `[config] ${what}. Load it with type: configurable.`)
    }
    const names = [...this.#running.values()].map(({ definition }) => definition.name)
    const { mistakes, resolved } = await resolveConfig(config, {
      ...this.#load, sources: [], store: 'memory',
      gone: (listed) => (cascade ? names.filter((name) => !listed.includes(name)) : []),
      check: (root, shape, found) => this.#checkFixed(root, shape, found),
    })
    mistakes.raise()
    const { planned, listed, shape, plan } = resolved as ResolvedConfig
    await this.initialize()
    const fresh = freshOf(this.#running, planned)
    for (const { id } of [...this.#running.values()].toReversed()) {
      if (!fresh.has(id) && planned.some((entry) => entry.id === id)) continue
      await this.unload(id)
      this.#running = new Map([...this.#running].filter(([other]) => other !== id))
    }
    for (const entry of planned) {
      const { id, enabled } = entry
      const usable = listed.find((one) => one.id === id)
      if (fresh.has(id) && usable) await this.load(usable)
      else if (enabled !== this.#running.get(id)?.enabled) await (enabled ? this.enable(id) : this.disable(id))
      this.#running = new Map([...this.#running, [id, entry]])
    }
    await this.#setWeights(shape.orchestrator.weights ?? {})
    this.#running = byId(planned)
    return (this.#plan = { ...plan, sources: this.#plan.sources, store: this.#plan.store })
  }

  async #setWeights(weights: Readonly<Record<string, number>>): Promise<void> {
    for (const { name, weight } of this.models()) {
      const wanted = weights[name] ?? 1
      if (wanted !== weight) await this.command({ kind: 'weight', model: name, weight: wanted })
    }
  }

  #checkFixed(root: ConfigNode, shape: ConfigShape, mistakes: Mistakes): void {
    const say = (path: readonly string[]) => {
      const what = `'${path.join('.')}' is other than what runs, and cannot change meanwhile`
      mistakes.add('config.fixed', nodeAt(root, path) ?? root, `${what}. Start anew with it.`)
    }
    for (const key of ['type', 'seed', 'boundary', 'mode', 'thresholds', 'snapshotEvery'] as const) {
      if (!isDeepStrictEqual(shape.orchestrator[key], this.#shape.orchestrator[key])) say(['orchestrator', key])
    }
    if (!isDeepStrictEqual(shape.data, this.#shape.data)) say(['data'])
  }
}

const byId = (planned: readonly PlannedModule[]) => new Map(planned.map((entry) => [entry.id, entry]))

/** Modules that are new, or other than before, or need one that is. */
function freshOf(running: ReadonlyMap<string, PlannedModule>, planned: readonly PlannedModule[]): ReadonlySet<string> {
  const fresh = new Set<string>()
  for (const { id, definition, options, providers } of planned) {
    const before = running.get(id)
    const isSame = before?.definition === definition && isDeepStrictEqual(before.options, options)
    const needed = Object.entries(definition.requires ?? {}).filter(([, { optional }]) => !optional)
    const needs = needed.some(([key]) => fresh.has(providers.get(key) ?? ''))
    if (!isSame || needs) fresh.add(id)
  }
  return fresh
}
