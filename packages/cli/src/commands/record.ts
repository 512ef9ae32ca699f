import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadSources } from '@tapeloom/config'
import { durationUs, TapeloomError, type Duration, type MarketSymbol, type Source } from '@tapeloom/core'
import { CaptureFile } from '../capture-file.ts'
import { defineCommand, required } from '../command.ts'
import { consoleLogger } from '../console-logger.ts'
import { onInterrupt } from '../interruption.ts'
import { whole } from '../progress-bar.ts'

/** Saves what live sources are told, one capture a source, until Ctrl-C or for a time. */
export const record = defineCommand({
  options: { out: { type: 'string' }, for: { type: 'string' }, environment: { type: 'string' } },
  positionals: [1, 1],
  async run({ values, positionals: [config = ''], terminal }) {
    const out = required(values.out, 'out')
    const lastsMs = values.for === undefined ? undefined : durationUs(values.for as Duration) / 1000
    const files: CaptureFile[] = []
    const broken = new AbortController()
    const capture = (venue: string, symbols: readonly MarketSymbol[]) => {
      let file: CaptureFile | undefined
      return (line: string) => {
        if (!file) files.push((file = new CaptureFile(join(out, nameOf(venue, symbols)), (error) => broken.abort(error))))
        file.write(line)
      }
    }
    const sources = await loadSources(config, {
      logger: consoleLogger(terminal), capture, ...(values.environment !== undefined && { environment: values.environment }),
    })
    const live = sources.filter((source) => source.live && source.name !== 'ingest')
    if (live.length === 0) {
      throw new TapeloomError('record.live', `[record ${config}] it has no live source. Give data.sources an entry { live: … }.`)
    }
    makeFolder(out)
    const interruption = onInterrupt(() => terminal.note('stopping: what was heard is being written …'))
    const ends = [interruption.signal, broken.signal, ...(lastsMs === undefined ? [] : [AbortSignal.timeout(lastsMs)])]
    try {
      await Promise.all(live.map((source) => drain(source, AbortSignal.any(ends))))
    } finally {
      await Promise.all(files.map((file) => file.close()))
      interruption.stop()
    }
    broken.signal.throwIfAborted()
    for (const { path, messages } of files) terminal.print(`${terminal.styled('bold', path)}: ${whole(messages)} messages`)
    terminal.json(files.map(({ path, messages }) => ({ file: path, messages })))
    return 0
  },
})

/** Lets a source run; what it yields is in the capture already. */
async function drain(source: Source, signal: AbortSignal): Promise<void> {
  await source.prepare?.()
  for await (const _ of source.events({ after: undefined, signal })) if (signal.aborted) return
}

/** `<venue>_<symbols>_<time>.jsonl.gz`: `replay` finds such files in a folder. */
function nameOf(venue: string, symbols: readonly MarketSymbol[]): string {
  const [first = '', ...more] = symbols.map((symbol) => symbol.replaceAll('/', '-').replaceAll(':', '.'))
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return `${venue}_${first}${more.length > 0 ? `+${more.length}` : ''}_${time}.jsonl.gz`
}

function makeFolder(out: string): void {
  try {
    mkdirSync(out, { recursive: true })
  } catch (cause) {
    throw new TapeloomError('record.folder', `[record ${out}] cannot be made a folder (${(cause as Error).message}). Give another --out.`, { cause })
  }
}
