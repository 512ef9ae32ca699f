/** A stream that text goes to; `isTTY` when a person may be looking. */
export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** What a program was started with. */
export interface Surroundings {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: Readonly<Record<string, string | undefined>>
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow'
const CODES: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39],
}

/** Where a command writes: results on stdout, all else on stderr. With `--json` stdout is one JSON value and nothing else. */
export class Terminal {
  readonly isJson: boolean
  readonly stderr: TextStream
  readonly #stdout: TextStream
  readonly #isPlain: boolean

  constructor({ stdout, stderr, env }: Surroundings, { isJson }: { readonly isJson: boolean }) {
    this.isJson = isJson
    this.stderr = stderr
    this.#stdout = stdout
    this.#isPlain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  }

  /** Writes a line of the result; with `--json` nothing. */
  print(line = ''): void {
    if (!this.isJson) this.#stdout.write(`${line}\n`)
  }

  /** Writes the result for programs; without `--json` nothing. Numbers that are not finite become null. */
  json(value: unknown): void {
    if (this.isJson) this.#stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
  }

  /** Writes a line about the work. */
  note(line: string): void {
    this.stderr.write(`${line}\n`)
  }

  /** Writes an error, `[where] what is wrong. What to do.` */
  mistake(message: string): void {
    this.note(message.replace(/^\[[^\]]*\]/, (where) => this.styledNote('red', where)))
  }

  /** Text for stdout, in colour when a person may be looking. */
  styled(style: Style, text: string): string {
    return paint(style, text, this.#stdout, this.#isPlain)
  }

  /** Text for stderr, likewise. */
  styledNote(style: Style, text: string): string {
    return paint(style, text, this.stderr, this.#isPlain)
  }
}

function paint(style: Style, text: string, stream: TextStream, isPlain: boolean): string {
  if (isPlain || stream.isTTY !== true) return text
  const [on, off] = CODES[style]
  return `\u001b[${on}m${text}\u001b[${off}m`
}
