import { TapeloomError } from '@tapeloom/core'
import { DatabaseOwner } from './database-owner.ts'
import type { OwnerCall, OwnerCalls, OwnerRequest, OwnerResponse } from './owner-messages.ts'
import { storeError } from './store-error.ts'
import type { ReadColumn } from './vector-reader.ts'

/** Answers requests to the owner thread, each when its work is done; number columns change hands instead of being copied. */
export class OwnerDesk {
  readonly #send: (response: OwnerResponse, transfer: ArrayBuffer[]) => void
  #owner: DatabaseOwner | undefined

  constructor(send: (response: OwnerResponse, transfer: ArrayBuffer[]) => void) {
    this.#send = send
  }

  /** Does what a request asks and sends its answer; never rejects. */
  async take(request: OwnerRequest): Promise<void> {
    const { id } = request
    try {
      const answer = await this.#answer(request)
      this.#send({ id, answer }, buffersOf(answer))
    } catch (cause) {
      const { code, message } = storeError(cause, '', request.call)
      this.#send({ id, error: { code, message } }, [])
    }
  }

  async #answer(request: OwnerRequest) {
    if (request.call === 'open') {
      this.#owner = await DatabaseOwner.open(request.argument)
      return { appliedThrough: this.#owner.appliedThrough }
    }
    const owner = this.#owner
    if (!owner) throw new TapeloomError('store.closed', '[store-duckdb] the store is not open. Call open() first.')
    switch (request.call) {
      case 'write': return void (await owner.write(request.argument))
      case 'read': return owner.read(request.argument.range, request.argument.declared)
      case 'query': return owner.query(request.argument)
      case 'retain': return owner.retain(request.argument)
      case 'compact': return owner.compact()
      case 'snapshot': return owner.snapshot(request.argument)
      case 'fill': return owner.fill(request.argument)
      case 'copy': return owner.copy(request.argument)
      case 'close':
        this.#owner = undefined
        return void (await owner.close())
    }
  }
}

function buffersOf(answer: OwnerCalls[OwnerCall]['answer']): ArrayBuffer[] {
  if (typeof answer !== 'object' || !('columns' in answer) || !Array.isArray(answer.columns)) return []
  const numbers = (answer.columns as readonly ReadColumn[]).filter((column) => column instanceof Float64Array)
  return [...new Set(numbers.map(({ buffer }) => buffer as ArrayBuffer))]
}
