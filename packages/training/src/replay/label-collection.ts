import type { Host } from '@tapeloom/core'
import { perCandle } from '../outcome/label-adapters.ts'
import type { SubscriberList } from '../outcome/subscriber-list.ts'
import type { PlainTargets } from '../step/queued-sample.ts'
import type { TradableLabel } from './label.ts'

/** Notes what the models' own candle labels say of each reference, and trains on none of it. */
export class LabelCollection {
  readonly #labels = new Map<string, TradableLabel[]>()
  readonly #host: Host

  constructor(host: Host, subscribers: SubscriberList) {
    this.#host = host
    for (const served of host.models.values()) {
      const own = perCandle(served)
      if (!own) continue
      const labels: TradableLabel[] = []
      this.#labels.set(served.id, labels)
      subscribers.add({
        ...own, name: 'collection',
        onCandleCompletion: (candle, reference, context) => {
          const sample = own.onCandleCompletion?.(candle, reference, context)
          if (!sample || sample instanceof Promise || !('targets' in sample)) return undefined
          const isTainted = reference.taint.length > 0 || candle.taint.some((reason) => reason !== 'empty')
          labels.push({ kind: 'tradable', reference, targets: sample.targets as PlainTargets, knownAt: Math.max(candle.closeTime, reference.asOf), isTainted })
          return undefined
        },
      })
    }
  }

  /** The models that have labels. */
  get models(): readonly string[] { return [...this.#labels.keys()] }
  labels(model: string): readonly TradableLabel[] { return this.#labels.get(model) ?? [] }
  /** What is needed to train or to rescore a model beside its run. */
  of(model: string) {
    const { definition, seed } = this.#host.models.get(model)!
    return { definition, seed, lanes: this.#host.feed.lanes }
  }
}
