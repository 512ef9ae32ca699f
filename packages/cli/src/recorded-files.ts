import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { TapeloomError } from '@tapeloom/core'

/** Recordings by the source that reads them. */
export interface RecordedFiles {
  readonly parquet: readonly string[]
  readonly csv: readonly string[]
  readonly captures: readonly string[]
  /** Files of folders that no source reads. */
  readonly skipped: readonly string[]
}

const isParquet = (file: string) => /\.parquet$/i.test(file)
const isCsv = (file: string) => /\.csv(\.gz)?$/i.test(file)
const isCapture = (file: string) => /\.(txt|jsonl|log|json)(\.gz)?$/i.test(file)
/**
 * Files of a folder are taken when their name tells what is in them; recorded traffic tells it in its first line. Logs of
 * orders and requested books are taken when they are named themselves.
 */
const isNamed = (file: string) =>
  /^[^_]+_[A-Za-z0-9]+(-PERP)?_.+\.(parquet|csv|csv\.gz|txt|txt\.gz)$|^[^_]+_.+\.jsonl(\.gz)?$|^[A-Z0-9]+-\d+[a-z]+-[-\d]+\.csv(\.gz)?$/i.test(basename(file))

/**
 * The recordings that paths mean: files as they are, of folders those whose names are known, sorted.
 * @throws TapeloomError `source.missing`, `source.kind`, `source.empty`
 */
export function recordedFiles(paths: readonly string[]): RecordedFiles {
  const skipped: string[] = []
  const files = paths.flatMap((path) => {
    const isFolder = statOf(path).isDirectory()
    if (!isFolder) return [path]
    const inside = readdirSync(path).toSorted().map((name) => join(path, name)).filter((file) => !statSync(file, { throwIfNoEntry: false })?.isDirectory())
    const known = inside.filter((file) => isNamed(file) && (isParquet(file) || isCsv(file) || isCapture(file)) && statSync(file, { throwIfNoEntry: false })?.isFile())
    skipped.push(...inside.filter((file) => !known.includes(file)))
    if (known.length > 0) return known
    const todo = 'Give one with <venue>_<BASEQUOTE>_… .parquet, .csv or .txt.gz, or <venue>_….jsonl.gz files.'
    throw new TapeloomError('source.empty', `[source ${path}] this folder holds no recording. ${todo}`)
  })
  const unknown = files.find((file) => !isParquet(file) && !isCsv(file) && !isCapture(file))
  if (unknown !== undefined) {
    const what = 'is no kind of recording that is known. Give .parquet, .csv, .txt.gz, .jsonl.gz, .log.gz or .json.gz files.'
    throw new TapeloomError('source.kind', `[source ${unknown}] ${what}`)
  }
  const distinct = [...new Set(files)]
  return { parquet: distinct.filter(isParquet), csv: distinct.filter(isCsv), captures: distinct.filter(isCapture), skipped }
}

function statOf(path: string) {
  try {
    return statSync(path)
  } catch (cause) {
    throw new TapeloomError('source.missing', `[source ${path}] there is no such file or folder. Check the path.`, { cause })
  }
}

/** Files of one venue, or of the one that is said, go into one source, in the order given; those that leave out empty minutes stand apart. */
export function bySource(files: readonly string[], venue?: string): readonly (readonly string[])[] {
  // a name of Binance's archive tells no venue: all such files are of the one that is said
  const venueOf = (file: string) => venue ?? (basename(file).includes('_') ? basename(file).split('_')[0] : '')
  return [...Map.groupBy(files, (file) => `${venueOf(file)} ${/_sparse\.(parquet|csv|csv\.gz)$/i.test(file)}`).values()]
}
