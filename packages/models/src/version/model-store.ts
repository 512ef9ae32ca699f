import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TapeloomError, type InferenceRuntime, type Plain } from '@tapeloom/core'
import { writeAtomically } from './atomic-file.ts'
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint.ts'
import { OPERATOR_SET } from '../onnx/encode-model.ts'

/** A stretch of a series that a version learnt from; times in µs. */
export interface DataRange {
  readonly series: string
  readonly start: number
  readonly end: number
  readonly count: number
}
/** What is known of a version before its weights are read. */
export interface VersionNotes {
  /** Held-out measures; `loss`, the lower the better, decides which version is the best. */
  readonly metrics?: Readonly<Record<string, number>>
  readonly ranges?: readonly DataRange[]
  /** Samples trained. */
  readonly position?: number
}
export interface ModelVersion extends Required<VersionNotes> {
  /** The training step; with a suffix where that step was saved before. */
  readonly version: string
}
interface Index {
  readonly versions: readonly ModelVersion[]
  readonly champion: string | null
  readonly challenger: string | null
  /** Champions before this one, newest last. */
  readonly former: readonly string[]
}
const INDEX = 'versions.json'
const FORMER = 3
const ROLES = ['newest', 'best', 'champion', 'challenger'] as const

/**
 * The versions of one model in a directory: the newest and the best are kept, and those that serve, are to serve, or
 * served before. Every change is one atomic write; a write that fails changes nothing.
 */
export class ModelStore {
  readonly #directory: string
  readonly #schemaHash: string
  #index: Index
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(directory: string, schemaHash: string, index: Index) {
    this.#directory = directory
    this.#schemaHash = schemaHash
    this.#index = index
  }

  /**
   * Opens or creates the store of a model that is fed as `schemaHash` says.
   * @throws TapeloomError `models.checkpoint` when its index is damaged, `models.disk` when it cannot be read or created
   */
  static async open(directory: string, { schemaHash }: { readonly schemaHash: string }): Promise<ModelStore> {
    const path = join(directory, INDEX)
    const text = await readIndex(directory, path)
    if (text === undefined) {
      return new ModelStore(directory, schemaHash, { versions: [], champion: null, challenger: null, former: [] })
    }
    try {
      const index = JSON.parse(text, (_, value: unknown) => (value === 'NaN' ? NaN : value)) as Index
      if (!Array.isArray(index.versions) || !Array.isArray(index.former)) throw new TypeError('it lists no versions')
      return new ModelStore(directory, schemaHash, index)
    } catch (cause) {
      const text = `[models ${path}] is damaged: ${(cause as Error).message}. Restore it, or move the directory away.`
      throw new TapeloomError('models.checkpoint', text, { cause })
    }
  }

  get versions(): readonly ModelVersion[] { return this.#index.versions }
  get newest(): string | undefined { return this.versions.at(-1)?.version }
  /** The version of the lowest `loss`; undefined where none was measured. */
  get best(): string | undefined {
    const measured = this.versions.filter(({ metrics }) => Number.isFinite(metrics['loss']))
    return measured.toSorted((a, b) => a.metrics['loss']! - b.metrics['loss']!)[0]?.version
  }
  /** The version that serves. */
  get champion(): string | undefined { return this.#index.champion ?? undefined }
  /** The version that is measured beside it. */
  get challenger(): string | undefined { return this.#index.challenger ?? undefined }

  /** Saves what `Trainer.snapshot` gave as a version, then removes those that nothing keeps. @throws TapeloomError `models.disk` */
  save(state: Plain, notes: VersionNotes = {}): Promise<ModelVersion> {
    return this.#queued(async () => {
      const version = this.#name((state as { step?: number } | null)?.step ?? 0)
      const entry = { version, metrics: notes.metrics ?? {}, ranges: notes.ranges ?? [], position: notes.position ?? 0 }
      const metadata = { ...entry, schemaHash: this.#schemaHash, operatorSet: OPERATOR_SET }
      await saveCheckpoint(this.#path(version), { metadata: metadata as unknown as Checkpoint['metadata'], state })
      await this.#write({ ...this.#index, versions: [...this.versions, entry] })
      await this.#clean()
      return entry
    })
  }

  /**
   * Reads a version's state, for `Trainer.restore`.
   * @throws TapeloomError `models.version` when there is none, `models.checkpoint` when it is damaged, `models.schema` when
   * it was fed otherwise or is of another operator set
   */
  load(which: (typeof ROLES)[number] | (string & {})): Promise<{ readonly version: string; readonly state: Plain }> {
    return this.#queued(() => this.#load(which)) // a change may remove the file that is to be read
  }
  async #load(which: string): Promise<{ readonly version: string; readonly state: Plain }> {
    const role = ROLES.find((name) => name === which)
    const version = role ? this[role] : which
    if (!this.versions.some((one) => one.version === version)) throw this.#unknown(which)
    const { metadata, state } = await loadCheckpoint(this.#path(version!))
    const { schemaHash, operatorSet } = metadata
    if (schemaHash === this.#schemaHash && operatorSet === OPERATOR_SET) return { version: version!, state }
    throw new TapeloomError(
      'models.schema',
      `[models ${this.#path(version!)}] was saved with schema ${String(schemaHash)}, operator set ${String(operatorSet)}; ` +
        `the model is fed by ${this.#schemaHash}, operator set ${OPERATOR_SET}. Train it anew, or restore its modules and options.`,
    )
  }

  /** Gives a runtime the weights of a version; it keeps its own where that fails. @returns the version */
  async serve(runtime: InferenceRuntime, which: 'champion' | 'challenger' | (string & {}) = 'champion'): Promise<string> {
    const { version, state } = await this.load(which)
    runtime.swap(servedWeights(state), version)
    return version
  }

  /** Makes a version the one to measure beside the champion. @throws TapeloomError `models.version` */
  challenge(version: string): Promise<void> {
    return this.#queued(() => this.#write({ ...this.#index, challenger: this.#known(version) }))
  }
  /** Makes a version, by default the challenger, the champion. @throws TapeloomError `models.version` */
  promote(version = this.challenger ?? ''): Promise<void> {
    return this.#queued(async () => {
      const { champion, challenger, former } = this.#index
      await this.#write({
        ...this.#index, champion: this.#known(version), challenger: challenger === version ? null : challenger,
        former: [...former, ...(champion === null ? [] : [champion])].slice(-FORMER),
      })
      await this.#clean()
    })
  }
  /** Makes the champion before this one the champion again. @throws TapeloomError `models.version` when there was none */
  rollback(): Promise<string> {
    return this.#queued(async () => {
      const { former } = this.#index
      const champion = this.#known(former.at(-1) ?? '')
      await this.#write({ ...this.#index, champion, former: former.slice(0, -1) })
      await this.#clean()
      return champion
    })
  }

  /** One change after another. */
  #queued<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(change)
    this.#tail = result.catch(() => undefined)
    return result
  }
  #name(step: number): string {
    const taken = new Set(this.versions.map(({ version }) => version))
    for (let again = 1; ; again++) {
      const name = again === 1 ? `${step}` : `${step}-${again}`
      if (!taken.has(name)) return name
    }
  }
  #path(version: string): string { return join(this.#directory, `${version}.checkpoint`) }
  #known(version: string): string {
    if (this.versions.some((one) => one.version === version)) return version
    throw this.#unknown(version)
  }
  #unknown(which: string): TapeloomError {
    const known = this.versions.map(({ version }) => version).join(', ') || 'none'
    return new TapeloomError('models.version', `[models ${this.#directory}] there is no version '${which}'. Known: ${known}.`)
  }

  async #write(index: Index): Promise<void> {
    const text = JSON.stringify(index, (_, value: unknown) => (Number.isNaN(value) ? 'NaN' : value), 1)
    await writeAtomically(join(this.#directory, INDEX), new TextEncoder().encode(text))
    this.#index = index
  }
  /** The index first: a file without an entry is only waste, an entry without a file would be a fault. */
  async #clean(): Promise<void> {
    const { champion, challenger, former } = this.#index
    const kept = new Set([this.newest, this.best, champion, challenger, ...former])
    const gone = this.versions.filter(({ version }) => !kept.has(version))
    if (gone.length === 0) return
    await this.#write({ ...this.#index, versions: this.versions.filter(({ version }) => kept.has(version)) })
    for (const { version } of gone) await rm(this.#path(version), { force: true })
  }
}

/** The text of the index; undefined where there is none yet, in a directory that exists from then on. */
async function readIndex(directory: string, path: string): Promise<string | undefined> {
  try {
    await mkdir(directory, { recursive: true })
    return await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const text = `[models ${path}] cannot be opened: ${(cause as Error).message}. Check the path and its rights.`
    throw new TapeloomError('models.disk', text, { cause })
  }
}

/** The weights of a trainer's snapshot that serve: their average where the optimiser keeps one. */
export function servedWeights(state: Plain): Float32Array {
  const { weights, average } = (state ?? {}) as { weights?: unknown; average?: unknown }
  const served = average instanceof Float32Array && average.length > 0 ? average : weights
  if (served instanceof Float32Array) return served
  throw new TapeloomError('models.snapshot', '[models] this is no snapshot of a trainer. Pass what snapshot() gave.')
}
