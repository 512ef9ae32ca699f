import { createRandom } from '../host/random.ts'
import { columnsOf } from '../module/feature.ts'
import { resolveOptions } from '../module/option.ts'
import type { MarketInput } from '../ports/source.ts'
import type { EventStamp } from '../vocabulary/events.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import { agree, agreeEmissions, agreeRows, fail, isNear } from './compare.ts'
import { inOrder, symbolsOf } from './test-feed.ts'
import { firstRun, record, TestRun, textOf, type Emission, type Recording, type RunSpec, type Trial } from './test-run.ts'
import { only, receivedAt, secondSymbol } from './tapes.ts'
import { columnReader, type WatchedContext } from './watched-module.ts'

/** Invariant 1: the same tape, options and seed give the same outputs, event by event. */
export async function isDeterministic(trial: Trial): Promise<void> {
  agree('a run and its repetition differ', await firstRun(trial), await record(trial))
}

/** Invariant 2: what was said over a prefix of the tape does not change with what follows, nor is it back-dated. */
export async function looksNotAhead(trial: Trial): Promise<void> {
  const whole = await firstRun(trial)
  for (const emission of whole.emissions) isHonest(emission)
  saysOnce(whole.emissions)
  for (const share of [1 / 3, 2 / 3, 0.9]) {
    const length = Math.floor(share * trial.events.length)
    const prefix = await record({ ...trial, events: trial.events.slice(0, length) })
    const what = `the whole tape and its first ${length} events differ`
    agreeRows(what, { ...whole, rows: whole.rows.slice(0, prefix.rows.length) }, prefix)
    agreeEmissions(
      what,
      whole.emissions.filter(({ event }) => event.sequence <= length),
      prefix.emissions,
    )
  }
}

/** An event says later what it said at once, and what it says of its own knowledge is not in the past or the future. */
function isHonest({ topic, text, event }: Emission): void {
  if (textOf(event) !== text) fail(`${topic} was changed after it was emitted`, `from ${text} to ${textOf(event)}`)
  const [from, to] = [Math.min(event.tsEvent, event.tsInit), Math.max(event.tsEvent, event.tsInit)]
  for (const key of ['confirmedAt', 'knownAt'] as const) {
    const time = (event as unknown as Readonly<Record<string, unknown>>)[key]
    if (typeof time !== 'number') continue
    if (time < from) fail(`${topic} is back-dated`, `${key} is ${time}, but it was emitted at ${from} µs`)
    if (time > to) fail(`${topic} is from the future`, `${key} is ${time}, but it was emitted at ${to} µs`)
  }
}

/** What is confirmed, or has an id, is not told differently later: no repainting. */
function saysOnce(emissions: readonly Emission[]): void {
  const said = new Map<string, string>()
  for (const { topic, event } of emissions) {
    const { sequence: _, tsEvent: __, tsInit: ___, ...own } = event as EventStamp & Readonly<Record<string, unknown>>
    if (!('confirmedAt' in own) && !('id' in own)) continue
    const { symbol, id, timeframe, level, side } = own
    const about = Object.keys(own).filter((key) => key.endsWith('Time')).map((key) => own[key])
    const [key, now] = [textOf([topic, symbol, id, timeframe, level, side, ...about]), textOf(own)]
    const before = said.get(key) ?? now
    said.set(key, now)
    if (before !== now) fail(`${topic} repaints`, `first it says ${before}, later ${now}`)
  }
}

/** Cuts of the whole tape, and the first events after each of which there is a cut. */
const [CUTS, SHORT] = [4, 32]

/** Invariant 4: stopped at a cut, saved, and resumed by another orchestrator, it goes on as if nothing had happened. */
export async function survivesSnapshots(trial: Trial): Promise<void> {
  const { events } = trial
  const random = createRandom(1, 'testing.cuts', trial.module.name)
  const chosen = Array.from({ length: CUTS }, (_, i) => Math.floor(((i + random.next()) * events.length) / CUTS))
  await resumesAt(trial, chosen)
  const first = { ...trial, events: events.slice(0, SHORT) }
  await resumesAt(first, [...first.events.keys()], { symbols: symbolsOf(events) })
}

async function resumesAt(trial: Trial, cuts: readonly number[], spec: RunSpec = {}): Promise<void> {
  const straight = new TestRun(trial, spec)
  const saved = []
  for (const until of new Set(cuts.map((at) => receivedAt(trial.events[at] as MarketInput)))) {
    await straight.orchestrator.run({ until })
    const { rows, emissions } = straight.recording
    saved.push({ until, snapshot: await straight.orchestrator.snapshot(), rows: rows.length, emissions: emissions.length })
  }
  const { journalHash } = await straight.orchestrator.run()
  await straight.orchestrator.stop()
  agree('a run and one that is saved on its way differ', await record(trial, spec), straight.recording)
  for (const { until, snapshot, rows, emissions } of saved) {
    const resumed = new TestRun(trial, spec)
    await resumed.orchestrator.restore(snapshot)
    const after = await resumed.orchestrator.run()
    await resumed.orchestrator.stop()
    const rest: Recording = {
      ...straight.recording,
      rows: straight.recording.rows.slice(rows),
      emissions: straight.recording.emissions.slice(emissions),
    }
    agree(`an uninterrupted run and one resumed at ${until} µs differ`, rest, resumed.recording)
    if (journalHash !== after.journalHash)
      fail(`resumed at ${until} µs`, `journalHash is ${after.journalHash}, uninterrupted ${journalHash}`)
  }
}

/** Invariant 5: two symbols interleaved give what each gives alone. */
export async function keepsSymbolsApart(trial: Trial): Promise<void> {
  const [first = '' as never] = symbolsOf(trial.events)
  const tapes = [only(trial.events, first), secondSymbol(trial.events)]
  const both = await record({ ...trial, events: inOrder(tapes.flat()) })
  for (const tape of tapes) {
    const alone = await record({ ...trial, events: tape })
    const [symbol = ''] = symbolsOf(tape)
    const share: Recording = {
      ...both,
      rows: both.rows.filter((row) => row.symbol === symbol),
      emissions: both.emissions.filter(({ event }) => event.symbol === symbol),
    }
    agree(`${symbol} alone and beside another symbol differ`, alone, share, { sequence: false })
  }
}

/**
 * The columns (a list has one an element: `bids0`) that one calculation over all events gives at the end of them; null:
 * missing. Of a module of
 * global scope, those of `symbol`: it is asked for each.
 */
export type Batch = (
  events: readonly Trial['events'][number][],
  options: Readonly<Record<string, unknown>>,
  symbol: MarketSymbol,
) => Readonly<Record<string, number | null>>

/** Invariant 3, second half: after any prefix, the features are those of the batch calculation, to 1e-9. */
export async function equalsBatch(trial: Trial, batch: Batch): Promise<void> {
  const { values } = resolveOptions(`module ${trial.module.name}`, trial.module.options, trial.options)
  let context: WatchedContext | undefined
  const [names, read] = [columnsOf(trial.module.features).map(({ name }) => name), columnReader(trial.module)]
  const run = new TestRun(trial, { handled: (newest) => void (context = newest) })
  await run.orchestrator.initialize()
  for (let step = 1; step <= 12; step++) {
    const until =
      step === 12
        ? Infinity
        : receivedAt(trial.events[Math.floor((step * trial.events.length) / 12)] ?? (trial.events[0] as never))
    await run.orchestrator.run({ until })
    const seen = trial.events.filter((event) => receivedAt(event) < until)
    for (const symbol of symbolsOf(trial.events)) {
      const features = context?.of?.(symbol).features ?? context?.features ?? {}
      if (context && !context.of && context.symbol !== symbol) continue // another symbol's slice is not at hand
      const row = read(features)
      for (const [name, value] of Object.entries(batch(seen, values, symbol))) {
        const streamed = row[names.indexOf(name)]
        if (streamed === undefined) fail('batch', `gives '${name}', which is not a column of ${trial.module.name}`)
        if (!isNear(streamed, value ?? NaN, 1e-9))
          fail(`after ${seen.length} events`, `${name} of ${symbol} is ${streamed}, batch gives ${value}`)
      }
    }
  }
  await run.orchestrator.stop()
}
