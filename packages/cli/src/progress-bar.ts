import type { TextStream } from './terminal.ts'

/** How far something is; `total` where it is known. */
export interface Progress {
  readonly done: number
  readonly total: number | undefined
}

const REDRAW_MS = 200
const CLEAR = '\r\u001b[K'

/** Draws a line of progress on a terminal until it is stopped; elsewhere nothing. @returns stops and clears it */
export function showProgress(stream: TextStream, read: () => Progress): () => void {
  if (stream.isTTY !== true) return () => undefined
  const started = performance.now()
  const before = read().done
  const draw = () => stream.write(CLEAR + progressLine(read(), before, (performance.now() - started) / 1000, stream.columns ?? 80))
  const timer = setInterval(draw, REDRAW_MS)
  return () => {
    clearInterval(timer)
    stream.write(CLEAR)
  }
}

/** `[####----]  42 %  88,123 of 210,240 events  31,204/s  4 s left`, of which `before` were done at the start. */
export function progressLine({ done, total }: Progress, before: number, seconds: number, columns: number): string {
  const rate = seconds > 0 ? (done - before) / seconds : 0
  const speed = `${whole(rate)}/s`
  if (total === undefined || total <= 0) return `${whole(done)} events  ${speed}`
  const share = Math.min(1, done / total)
  const left = rate > 0 ? `  ${duration(Math.max(0, total - done) / rate)} left` : ''
  const text = `${(100 * share).toFixed(0).padStart(3)} %  ${whole(Math.min(done, total))} of ${whole(total)} events  ${speed}${left}`
  const width = Math.min(30, columns - text.length - 5)
  if (width < 5) return text.slice(0, columns - 1)
  const filled = Math.round(share * width)
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}] ${text}`
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const rounded = Math.round(seconds)
  if (rounded < 60) return `${rounded} s`
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${rounded % 60} s`
  return `${Math.floor(rounded / 3600)} h ${Math.floor((rounded % 3600) / 60)} min`
}

/** A whole number with its thousands apart. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
