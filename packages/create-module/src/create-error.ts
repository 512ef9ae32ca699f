/** Why no module was made; the message says what to do. */
export class CreateError extends Error {
  override readonly name = 'CreateError'
  readonly code: 'create.name' | 'create.folder'

  constructor(code: CreateError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
