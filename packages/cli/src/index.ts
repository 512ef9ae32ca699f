export { runCli } from './run-cli.ts'
export type { Surroundings, TextStream } from './terminal.ts'
export { showProgress, type Progress } from './progress-bar.ts'
