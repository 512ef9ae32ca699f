import type { MarketInput, Plain, Source } from '@tapeloom/core'

/** An input that a run made itself and journalled: a tick, a gap of all markets, or one of the host's. */
export interface OwnInput {
  readonly kind: 'own'
  /** Its number in `KIND`. */
  readonly record: number
  /** Reason of a gap. */
  readonly text: string
  /** The host's payload, encoded. */
  readonly rest: Uint8Array
  readonly symbol?: undefined
  readonly tsEvent: number
  readonly tsInit: number
  readonly sourceSequence: number
}

/** What is read of a source: only one that repeats a run has inputs of the run's own. */
export type SourceInput = MarketInput | OwnInput

/** A source that can repeat a run: it gives back what the run made itself, too. */
export interface RepeatingSource extends Source {
  /** Whether it yields the inputs of all markets of the run, after `prepare`. */
  readonly isWhole: boolean
  /** The plan under which the run was: only under an equal one do the host's inputs mean something. */
  readonly plan: Plain
  /** As `events`, with the run's ticks and gaps and, when asked for, the host's inputs. */
  repeat(from: Parameters<Source['events']>[0] & { readonly host: boolean }): AsyncIterable<readonly SourceInput[]>
}

/** The source that a run over these sources repeats: it is alone, beside what is pushed, and whole. */
export function repeatedAmong(sources: readonly Source[]): RepeatingSource | undefined {
  const [first, ...more] = sources.filter(({ name }) => name !== 'ingest')
  return first && more.length === 0 && isRepeating(first) && first.isWhole ? first : undefined
}

const isRepeating = (source: Source): source is RepeatingSource => 'repeat' in source
