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
    const options = { position: at?.position, ...(cause !== undefined && { cause }) }
    const error = new TapeloomError(code, `[${this.where(at)}] ${message}`, options)
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

  /** @throws TapeloomError for all, if there are any: the one as it is, several as `config.invalid` with the list as `cause` */
  raise(): void {
    if (this.#errors.length > 0) throw joinErrors('config.invalid', this.errors)
  }
}
