import { joinErrors, TapeloomError } from '@tapeloom/core'
import type { ConfigNode, Position } from './config-node.ts'

/** Collects everything that is wrong with a configuration, so that it is told at once and in the order of the text. */
export class Mistakes {
  readonly file: string
  readonly #errors: TapeloomError[] = []

  /** @param file as the user wrote it; `''` for a configuration that is an object */
  constructor(file: string) {
    this.file = file
  }

  /** Notes a mistake; `message` reads `what is wrong. What to do.` */
  add(code: string, at: Pick<ConfigNode, 'path' | 'position'> | undefined, message: string, cause?: unknown): void {
    const error = new TapeloomError(code, `[${this.where(at)}] ${message}`, { position: at?.position, ...(cause !== undefined && { cause }) })
    if (!this.#errors.some((other) => other.message === error.message)) this.#errors.push(error)
  }

  /** `tapeloom.yaml:4:7`, or for an object `config orchestrator.modules[0]`. */
  where(at: Pick<ConfigNode, 'path' | 'position'> | undefined): string {
    if (this.file === '') return at?.path ? `config ${at.path}` : 'config'
    return at?.position ? `${this.file}:${at.position.line}:${at.position.column}` : this.file
  }

  /** In the order of the text. */
  get errors(): readonly TapeloomError[] {
    const place = ({ position }: TapeloomError): Position => position ?? { line: 0, column: 0 }
    return this.#errors.toSorted((a, b) => place(a).line - place(b).line || place(a).column - place(b).column)
  }

  /** @throws TapeloomError with all of them, if there are any: itself when it is one, else `config.invalid` with `cause` the list */
  raise(): void {
    if (this.#errors.length > 0) throw joinErrors('config.invalid', this.errors)
  }
}
